// What a restored volume, PV and claim are made like: the source's where it is known, else the request's.
#pragma once

#include "longhorn_manifests.hpp"
#include "longhorn_source.hpp"

#include <string>
#include <vector>

namespace soteria::backup {

struct restore_shape {
    resolved_facts facts;
    std::vector<std::string> warnings;
};

// unprocessable: missing_field (the source is gone and the request does not say), unsupported_field,
// encryption_unknown. Reads the source volume, its backup volume and the storage class.
boost::asio::awaitable<result<restore_shape>> shape_restore(longhorn_world& world, longhorn_source source,
                                                            longhorn::backup chosen, domain::operation_request request,
                                                            async::deadline until);

} // namespace soteria::backup
