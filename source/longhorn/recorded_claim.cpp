#include <soteria/longhorn/recorded_claim.hpp>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <utility>

namespace soteria::longhorn {

namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 3> modes{
    {{"rwo", "ReadWriteOnce"}, {"rwx", "ReadWriteMany"}, {"rwop", "ReadWriteOncePod"}}};

std::string text_of(const boost::json::object& object, std::string_view name) {
    const auto* value = object.if_contains(name);
    return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

} // namespace

std::optional<recorded_claim> recorded_claim_of(const std::map<std::string, std::string>& labels) {
    static const std::string status_label = "KubernetesStatus"; // asked for often
    const auto label = labels.find(status_label);
    if (label == labels.end())
        return std::nullopt;
    boost::system::error_code ec;
    const auto value = boost::json::parse(label->second, ec);
    if (ec || !value.is_object())
        return std::nullopt;
    const auto& object = value.get_object();
    recorded_claim claim;
    claim.ns = text_of(object, "namespace");
    claim.pvc = text_of(object, "pvcName");
    claim.pv = text_of(object, "pvName");
    claim.history = !text_of(object, "lastPVCRefAt").empty();
    if (claim.ns.empty() || claim.pvc.empty())
        return std::nullopt;
    return claim;
}

std::string recorded_access_mode(const std::map<std::string, std::string>& labels) {
    const auto label = labels.find("longhorn.io/volume-access-mode");
    return label == labels.end() ? std::string() : label->second;
}

std::string_view kubernetes_access_mode(std::string_view longhorn_mode) {
    for (const auto& [ours, theirs] : modes)
        if (ours == longhorn_mode)
            return theirs;
    return {};
}

std::string_view longhorn_access_mode(std::string_view kubernetes_mode) {
    for (const auto& [ours, theirs] : modes)
        if (theirs == kubernetes_mode)
            return ours;
    return {};
}

} // namespace soteria::longhorn
