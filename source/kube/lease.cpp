#include "json_fields.hpp"

#include <soteria/kube/decode.hpp>
#include <soteria/kube/lease.hpp>

#include <boost/json/value_from.hpp>

namespace soteria::kube {

namespace asio = boost::asio;
namespace json = boost::json;

namespace {

result<lease> decoded(const result<json::object>& answer) {
    if (!answer)
        return answer.error();
    return decode_lease(*answer);
}

} // namespace

result<lease> decode_lease(const json::object& object) {
    auto meta = decode_meta(object);
    if (!meta)
        return meta.error();
    std::optional<failure> problem;
    const auto spec = json_fields(&object, "", problem).object("spec");
    lease value;
    value.meta = std::move(*meta);
    value.holder = spec.text("holderIdentity");
    value.renew_time = spec.text("renewTime");
    value.duration = std::chrono::seconds(spec.number("leaseDurationSeconds").value_or(0));
    value.transitions = spec.number("leaseTransitions").value_or(0);
    if (problem)
        return problem->in("The Lease " + value.meta.ns + "/" + value.meta.name + " could not be read");
    return value;
}

asio::awaitable<result<lease>> create_lease(client& kubernetes, std::string ns, std::string name, std::string holder,
                                            std::map<std::string, std::string> annotations, call_options options) {
    json::object metadata{{"namespace", ns}, {"name", name}};
    if (!annotations.empty())
        metadata["annotations"] = json::value_from(annotations);
    json::object object{{"apiVersion", leases.api_version()}, {"kind", "Lease"}};
    object["metadata"] = std::move(metadata);
    object["spec"] = json::object{{"holderIdentity", holder}};
    const auto created = co_await kubernetes.create(leases, std::move(object), std::move(options));
    co_return decoded(created);
}

asio::awaitable<result<lease>> get_lease(client& kubernetes, std::string ns, std::string name, call_options options) {
    const auto found = co_await kubernetes.get(leases, std::move(ns), std::move(name), std::move(options));
    co_return decoded(found);
}

asio::awaitable<result<void>> delete_lease(client& kubernetes, std::string ns, std::string name, std::string uid,
                                           call_options options) {
    delete_preconditions preconditions;
    preconditions.uid = std::move(uid);
    auto deleted = co_await kubernetes.remove(leases, std::move(ns), std::move(name), std::move(preconditions),
                                              std::move(options));
    co_return deleted;
}

} // namespace soteria::kube
