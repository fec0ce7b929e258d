#include <soteria/operations/purposes.hpp>
#include <soteria/operations/record_store.hpp>
#include <soteria/records/keys.hpp>

#include <boost/json/array.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
namespace json = boost::json;

json::object with_version(const kube::object_meta& meta, json::object metadata) {
    metadata["resourceVersion"] = meta.resource_version;
    return json::object{{"metadata", std::move(metadata)}};
}

json::array finalizers_without_ours(const kube::object_meta& meta) {
    json::array left;
    for (const auto& each : meta.finalizers)
        if (each != records::finalizer)
            left.emplace_back(each);
    return left;
}

void annotate(json::object& manifest, std::string_view name, const std::string& value) {
    auto& annotations = manifest["metadata"].as_object()["annotations"];
    if (!annotations.is_object())
        annotations.emplace_object();
    annotations.get_object()[json::string_view(name.data(), name.size())] = value;
}

// Without its CRDs, or while the API server does not serve them yet, there is no answer about any record.
bool is_gone(const failure& why) {
    return why.code == errc::not_found && why.reason != "unknown_kind";
}

failure no_operation(const domain::operation_key& key) {
    domain::operation named;
    named.kind = key.kind;
    named.ns = key.ns;
    named.name = key.name;
    return {errc::not_found, "there is no operation " + named.id(), "operation_not_found"};
}

} // namespace

domain::operation_key key_of(const domain::operation& operation) {
    const bool is_backup = operation.kind == domain::operation_kind::backup;
    return {is_backup ? domain::operation_kind::backup : domain::operation_kind::restore, operation.ns, operation.name};
}

record_store::record_store(kube::client& kubernetes, cache& backups, cache& restores)
    : kubernetes_(kubernetes), backups_(backups), restores_(restores) {}

record_store::cache& record_store::cache_of(domain::operation_kind kind) {
    return kind == domain::operation_kind::backup ? backups_ : restores_;
}

const record_store::cache& record_store::cache_of(domain::operation_kind kind) const {
    return kind == domain::operation_kind::backup ? backups_ : restores_;
}

record_store::pointer record_store::cached(const domain::operation_key& key) const {
    return cache_of(key.kind).find({key.ns, key.name});
}

awaitable<result<record_store::pointer>> record_store::find(domain::operation_key key, async::deadline until) {
    if (auto known = cached(key))
        co_return known;
    co_return co_await read(std::move(key), until);
}

awaitable<result<record_store::pointer>> record_store::read(domain::operation_key key, async::deadline until) {
    const auto object = co_await kubernetes_.get(records::resource_of(key.kind), key.ns, key.name,
                                                 kube::call_options(until, std::string(purposes::read_record)));
    if (object)
        co_return take_over(key.kind, *object);
    if (!is_gone(object.error()))
        co_return object.error();
    cache_of(key.kind).erase({key.ns, key.name});
    co_return no_operation(key);
}

awaitable<result<record_store::pointer>> record_store::create(domain::operation operation, std::string request_key,
                                                              async::deadline until) {
    const auto& kind = records::resource_of(operation.kind);
    auto manifest = records::encode_new(operation);
    if (!request_key.empty())
        annotate(manifest, records::request_key_annotation, request_key);
    const auto created = co_await kubernetes_.create(kind, std::move(manifest),
                                                     kube::call_options(until, std::string(purposes::create_record)));
    if (!created)
        co_return created.error();
    co_return take_over(operation.kind, *created);
}

awaitable<result<record_store::pointer>> record_store::write_status(domain::operation operation,
                                                                    async::deadline until) {
    json::object change{{"metadata", json::object{{"resourceVersion", operation.resource_version}}},
                        {"status", records::encode_status(operation)}};
    kube::call_options options(until, std::string(purposes::write_status));
    options.subresource = "status";
    auto key = key_of(operation);
    co_return co_await patch(std::move(key), std::move(change), std::move(options));
}

awaitable<result<record_store::pointer>> record_store::add_finalizer(pointer record, async::deadline until) {
    auto finalizers = finalizers_without_ours(record->meta);
    finalizers.emplace_back(records::finalizer);
    auto change = with_version(record->meta, json::object{{"finalizers", std::move(finalizers)}});
    auto key = key_of(record->operation);
    co_return co_await patch(std::move(key), std::move(change),
                             kube::call_options(until, std::string(purposes::protect_record)));
}

awaitable<result<void>> record_store::remove_finalizer(pointer record, async::deadline until) {
    auto change = with_version(record->meta, json::object{{"finalizers", finalizers_without_ours(record->meta)}});
    auto key = key_of(record->operation);
    const auto patched =
        co_await patch(key, std::move(change), kube::call_options(until, std::string(purposes::release_record)));
    if (patched || patched.error().code == errc::not_found)
        co_return result<void>{};
    co_return patched.error();
}

awaitable<result<record_store::pointer>> record_store::mark_cancelled(domain::operation_key key, std::string by,
                                                                      async::deadline until) {
    json::object annotations{{records::cancel_annotation, by}};
    json::object change{{"metadata", json::object{{"annotations", std::move(annotations)}}}};
    co_return co_await patch(std::move(key), std::move(change),
                             kube::call_options(until, std::string(purposes::cancel_record)));
}

awaitable<result<record_store::pointer>> record_store::patch(domain::operation_key key, json::object change,
                                                             kube::call_options options) {
    const auto patched = co_await kubernetes_.patch(records::resource_of(key.kind), key.ns, key.name, std::move(change),
                                                    std::move(options));
    if (patched)
        co_return take_over(key.kind, *patched);
    if (is_gone(patched.error())) {
        cache_of(key.kind).erase({key.ns, key.name});
        co_return no_operation(key);
    }
    co_return patched.error();
}

result<record_store::pointer> record_store::take_over(domain::operation_kind kind, const json::object& object) {
    auto decoded =
        kind == domain::operation_kind::backup ? records::decode_backup(object) : records::decode_restore(object);
    if (!decoded)
        return decoded.error();
    auto copy = std::make_shared<const records::record>(*decoded);
    // Taking off the last finalizer of a deleted object is its end; the watch tells, the answer still shows it.
    const bool ended = decoded->meta.deleted_at && decoded->meta.finalizers.empty();
    if (ended)
        cache_of(kind).erase(decoded->meta.key(), decoded->meta.uid);
    else
        cache_of(kind).apply(std::move(*decoded));
    return copy;
}

} // namespace soteria::operations
