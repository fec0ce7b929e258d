// What a restored claim is made like: the source's where it is known, else the request's.
#pragma once

#include "longhorn_manifests.hpp"
#include "restic_choice.hpp"

#include <string>
#include <vector>

namespace soteria::backup {

struct restic_shape {
    resolved_facts facts;
    std::vector<std::string> warnings;
};

// unprocessable: missing_field (the source is gone and the request does not say). `request.target` without a name: a
// restore test, which needs no claim.
result<restic_shape> shape_claim(const chosen_snapshot& chosen, const domain::operation_request& request);

} // namespace soteria::backup
