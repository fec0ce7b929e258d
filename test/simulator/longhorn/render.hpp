// The objects as Longhorn's REST API shows them, for each version the fields that it had.
#pragma once

#include "world.hpp"

#include <boost/json.hpp>

#include <string>

namespace simulator::lh {

struct view {
    const world& of;
    std::string base; // http://host:port, for links
};

enum class volume_detail {
    brief, // the answers of create, attach, detach: no controllers, replicas, backupStatus
    full,
};

boost::json::object render(const view& seen, const volume& one, volume_detail detail);
boost::json::object render(const view& seen, const snapshot& one);
boost::json::object render(const view& seen, const backup& one);
boost::json::object render(const view& seen, const backup_volume& one);
boost::json::object render(const view& seen, const backup_target& one);
boost::json::object render_version_setting(const view& seen);
// nullopt: there is no such schema here
std::optional<boost::json::object> render_schema(const view& seen, std::string_view name);
boost::json::object render_error(const std::string& self, int status, const std::string& message);
boost::json::object collection(const std::string& self, std::string_view resource, boost::json::array data);

} // namespace simulator::lh
