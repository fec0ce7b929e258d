#include <soteria/kube/decode.hpp>
#include <soteria/operations/admission.hpp>
#include <soteria/operations/purposes.hpp>

#include <boost/json/array.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
namespace json = boost::json;

constexpr const char* name = "soteria-restores";
constexpr std::string_view group = "admissionregistration.k8s.io";
constexpr kube::resource policies{group, "v1", "validatingadmissionpolicies", "ValidatingAdmissionPolicy", false};
constexpr kube::resource bindings{group, "v1", "validatingadmissionpolicybindings", "ValidatingAdmissionPolicyBinding",
                                  false};

bool there_before(const json::object& object, instant record_created) {
    const auto meta = kube::decode_meta(object);
    if (!meta || meta->deleted_at)
        return false;
    const auto& made = meta->created_at;
    return made && *made + policy_settles < record_created;
}

bool denies(const json::object& binding) {
    const auto* spec = binding.if_contains("spec");
    const auto* actions =
        spec != nullptr && spec->is_object() ? spec->as_object().if_contains("validationActions") : nullptr;
    return actions != nullptr && actions->is_array() &&
           std::ranges::any_of(actions->as_array(), [](const json::value& action) { return action == "Deny"; });
}

awaitable<result<std::optional<json::object>>> read(kube::client& kubernetes, kube::resource kind,
                                                    async::deadline until) {
    auto options = kube::call_options(until, std::string(purposes::look_at_admission));
    const auto object = co_await kubernetes.get(kind, "", name, std::move(options));
    if (object)
        co_return std::optional<json::object>(*object);
    if (object.error().code == errc::not_found || object.error().code == errc::forbidden)
        co_return std::optional<json::object>();
    co_return object.error();
}

} // namespace

bool in_force(const std::optional<json::object>& policy, const std::optional<json::object>& binding,
              instant record_created) {
    return policy && binding && there_before(*policy, record_created) && there_before(*binding, record_created) &&
           denies(*binding);
}

awaitable<result<admission>> look_at_admission(kube::client& kubernetes, instant record_created,
                                               async::deadline until) {
    const auto policy = co_await read(kubernetes, policies, until);
    if (!policy)
        co_return policy.error();
    const auto binding = co_await read(kubernetes, bindings, until);
    if (!binding)
        co_return binding.error();
    co_return in_force(*policy, *binding, record_created) ? admission::checked : admission::unchecked;
}

} // namespace soteria::operations
