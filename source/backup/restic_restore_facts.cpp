#include "restic_restore_facts.hpp"

#include <soteria/backup/facts.hpp>
#include <soteria/base/quantity.hpp>

#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>

namespace soteria::backup {
namespace {

namespace json = boost::json;

failure missing(std::string_view field, const domain::pvc_ref& source) {
    return {errc::unprocessable,
            "the PVC " + source.text() + " is gone and a restic snapshot does not tell: name \"" + std::string(field) +
                "\" in the request",
            "missing_field"};
}

std::string joined(const std::vector<std::string>& words) {
    std::string text;
    for (const auto& word : words)
        text += (text.empty() ? "" : ",") + word;
    return text;
}

result<void> add_class(const chosen_snapshot& chosen, const domain::operation_request& request, restic_shape& shape) {
    auto& to = shape.facts;
    if (!request.storage_class.empty())
        to[std::string(facts::storage_class)] = request.storage_class;
    else if (!chosen.claim)
        return missing("storage_class", chosen.source);
    else if (const auto name = chosen.claim->storage_class)
        to[std::string(facts::storage_class)] = *name;
    const auto found = to.find(std::string(facts::storage_class));
    if (found != to.end() && found->second.empty())
        shape.warnings.emplace_back("the source has no storage class: the new claim waits until somebody makes a "
                                    "PersistentVolume for it; \"storage_class\" names another one");
    return {};
}

result<void> add_size(const chosen_snapshot& chosen, const domain::operation_request& request, restic_shape& shape) {
    std::string size = request.capacity;
    if (size.empty() && !chosen.claim)
        return missing("capacity", chosen.source);
    if (size.empty())
        size = chosen.claim->capacity.empty() ? chosen.claim->requested : chosen.claim->capacity;
    const auto bytes = parse_quantity(size);
    if (!bytes)
        return failure(errc::unprocessable, "the size \"" + size + "\" of " + chosen.source.text() + " is no quantity",
                       "missing_field");
    shape.facts[std::string(facts::size_bytes)] = std::to_string(*bytes);
    if (chosen.snapshot.size_bytes && *chosen.snapshot.size_bytes > *bytes)
        shape.warnings.push_back("the snapshot holds " + format_quantity(*chosen.snapshot.size_bytes) +
                                 ", more than the new claim's " + format_quantity(*bytes) +
                                 "; it fits only if the files are sparse");
    return {};
}

} // namespace

result<restic_shape> shape_claim(const chosen_snapshot& chosen, const domain::operation_request& request) {
    restic_shape shape;
    if (request.target.name.empty())
        return shape;
    if (const auto added = add_class(chosen, request, shape); !added)
        return added.error();
    if (const auto added = add_size(chosen, request, shape); !added)
        return added.error();
    std::vector<std::string> modes = request.access_modes;
    if (modes.empty() && chosen.claim)
        modes = chosen.claim->access_modes;
    if (modes.empty())
        return missing("access_modes", chosen.source);
    shape.facts[std::string(facts::access_modes)] = joined(modes);
    shape.facts[std::string(facts::volume_mode)] = "Filesystem";
    if (chosen.claim && !chosen.claim->meta.labels.empty())
        shape.facts[std::string(facts::source_labels)] = json::serialize(json::value_from(chosen.claim->meta.labels));
    return shape;
}

} // namespace soteria::backup
