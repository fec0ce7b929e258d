#include <soteria/web/render.hpp>

#include <boost/json/array.hpp>

namespace soteria::web {
namespace {

namespace json = boost::json;

void add(json::object& into, json::string_view name, const std::string& text) {
    if (!text.empty())
        into[name] = text;
}

json::object render_entry(const domain::backup_entry& entry) {
    json::object made;
    made["name"] = entry.name;
    add(made, "snapshot", entry.snapshot);
    made["driver"] = entry.driver;
    made["volume"] = entry.volume;
    made["state"] = entry.state;
    if (entry.created_at)
        made["created_at"] = format_rfc3339(*entry.created_at);
    if (entry.finished_at)
        made["finished_at"] = format_rfc3339(*entry.finished_at);
    if (entry.size_bytes)
        made["size_bytes"] = *entry.size_bytes;
    add(made, "mode", entry.mode);
    add(made, "url", entry.url);
    json::array tags;
    for (const auto& tag : entry.tags)
        tags.emplace_back(tag);
    made["tags"] = std::move(tags);
    if (entry.progress_percent)
        made["progress_percent"] = *entry.progress_percent;
    add(made, "error", entry.error);
    made["latest"] = entry.latest;
    made["restorable"] = entry.restorable;
    return made;
}

} // namespace

json::object render(const domain::backup_list& list) {
    json::object made;
    made["namespace"] = list.pvc.ns;
    made["pvc"] = list.pvc.name;
    made["pvc_exists"] = list.pvc_exists;
    made["driver"] = list.driver;
    made["volume"] = list.volume;
    made["generated_at"] = format_rfc3339(list.generated_at);
    json::array backups;
    for (const auto& entry : list.backups)
        backups.emplace_back(render_entry(entry));
    made["backups"] = std::move(backups);
    json::array warnings;
    for (const auto& warning : list.warnings)
        warnings.emplace_back(warning);
    if (!warnings.empty())
        made["warnings"] = std::move(warnings);
    return made;
}

} // namespace soteria::web
