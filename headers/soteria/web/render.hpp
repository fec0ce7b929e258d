// Domain values as the JSON documents of the API. Member order is part of the contract; what is not known is left out,
// never null.
#pragma once

#include <soteria/domain/backup_entry.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/domain/plan.hpp>
#include <soteria/inventory/inventory.hpp>
#include <soteria/operations/requests.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace soteria::web {

// `default_driver` is shown where the record names none.
boost::json::object render(const domain::operation& operation, std::string_view default_driver);
boost::json::object render(const operations::operation_page& page, std::string_view default_driver);
boost::json::object render(const domain::backup_list& list);

// What of a request goes back into its answer.
struct answered_request {
    domain::operation_request request;
    std::string requested_by;
    std::string default_driver;
    bool is_test = false; // a restore test
};

// Started work has `operation`; a dry run has `plan`, `warnings` and `plan_hash` instead.
boost::json::object render_backup(const operations::accepted& accepted, const answered_request& asked);
boost::json::object render_restore(const operations::accepted& accepted, const answered_request& asked);

// Drawn as text, row by row: a large cluster's inventory never exists as a tree.
struct inventory_text {
    std::string body;
    std::string etag; // of the content without generated_at and ages, so that replicas agree: W/"..."
};

inventory_text render(const inventory::report& report, bool with_deleted);
// One row of it, with its age as of `now`.
std::string render(const inventory::row& row, instant now);

} // namespace soteria::web
