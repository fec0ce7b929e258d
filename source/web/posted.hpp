// The bodies of POST /v1/backup, /v1/restores and /v1/restore-test as requests to the operations module: everything
// that the request's own text decides.
#pragma once

#include <soteria/base/result.hpp>
#include <soteria/domain/operation.hpp>

#include <string_view>

namespace soteria::web {

struct posted_request {
    domain::operation_request request;
    bool dry_run = false;
};

// errc::invalid (400) or errc::unprocessable (422: what the driver cannot honour), naming the field.
result<posted_request> read_backup(std::string_view body, std::string_view configured_driver);
// `kind`: restore or restore_test.
result<posted_request> read_restore(std::string_view body, domain::operation_kind kind,
                                    std::string_view configured_driver);

} // namespace soteria::web
