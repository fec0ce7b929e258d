// The bodies of POST /v1/backup, /v1/restores and /v1/restore-test as requests to the operations module: everything
// that the request's own text decides.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/domain/operation.hpp>

#include <string>
#include <string_view>
#include <vector>

namespace soteria::web {

// Which drivers there are: the one that a request gets which names none, and all.
struct configured_drivers {
    std::string standard;
    std::vector<std::string> all;

    // One alone.
    configured_drivers(std::string_view only) // NOLINT(google-explicit-constructor): it is a set of one
        : standard(only), all{std::string(only)} {}

    configured_drivers(std::string standard_, std::vector<std::string> all_)
        : standard(std::move(standard_)), all(std::move(all_)) {}

    [[nodiscard]] bool has(std::string_view name) const;
};

struct posted_request {
    domain::operation_request request;
    bool dry_run = false;
    std::string digest; // see body_digest()
};

// errc::invalid (400) or errc::unprocessable (422: what the driver cannot honour), naming the field.
result<posted_request> read_backup(std::string_view body, const configured_drivers& drivers);
// `kind`: restore or restore_test. The request's driver stays empty where none is named, there are several, and nothing
// that was asked for needs one of them: then the backup that is meant decides.
result<posted_request> read_restore(std::string_view body, domain::operation_kind kind,
                                    const configured_drivers& drivers);

} // namespace soteria::web
