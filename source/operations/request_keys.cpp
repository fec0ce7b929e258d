#include "random_text.hpp"

#include <soteria/kube/path.hpp>
#include <soteria/operations/purposes.hpp>
#include <soteria/operations/request_keys.hpp>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
namespace json = boost::json;

// Some 700 bytes each: a page is parsed within a few milliseconds.
constexpr std::size_t page_size = 200;

kube::call_options call(async::deadline until, std::string_view what) {
    return kube::call_options(until, std::string(what));
}

result<records::request_key> decoded(const result<json::object>& answer) {
    if (!answer)
        return answer.error();
    return records::decode_key(*answer);
}

std::string query_for(records::key_state state) {
    return "labelSelector=" + kube::percent_encoded(records::key_selector(state));
}

// What cannot be read is nobody's to remove.
std::vector<records::request_key> keys_on(const kube::list_page& page) {
    std::vector<records::request_key> keys;
    for (const auto& item : page.items) {
        if (!item.is_object())
            continue;
        if (auto key = records::decode_key(item.get_object()))
            keys.push_back(std::move(*key));
    }
    return keys;
}

} // namespace

request_keys::request_keys(kube::client& kubernetes, std::string ns, record_store& records, const clock& time,
                           std::chrono::milliseconds patience)
    : kubernetes_(kubernetes), ns_(std::move(ns)), records_(records), time_(time), patience_(patience) {}

awaitable<result<std::optional<records::request_key>>> request_keys::find(std::string name, async::deadline until) {
    const auto object =
        co_await kubernetes_.get(kube::config_maps, ns_, std::move(name), call(until, purposes::look_at_key));
    if (!object && object.error().code == errc::not_found)
        co_return std::optional<records::request_key>();
    auto key = decoded(object);
    if (!key)
        co_return key.error();
    co_return std::optional<records::request_key>(std::move(*key));
}

awaitable<result<records::request_key>> request_keys::claim(std::string name, std::string digest,
                                                            domain::operation made, async::deadline until) {
    records::request_key wanted;
    wanted.meta.ns = ns_;
    wanted.meta.name = std::move(name);
    wanted.digest = std::move(digest);
    wanted.operation = made.id();
    wanted.driver = made.request.driver;
    wanted.attempt = random_text();
    wanted.claimed_at = time_.now();
    auto manifest = records::encode_new_key(wanted);
    auto created =
        co_await kubernetes_.create(kube::config_maps, std::move(manifest), call(until, purposes::claim_key));
    if (!created) {
        // Also a conflict may be with our own: a try whose answer was lost.
        const failure why = created.error();
        if (why.code != errc::conflict && why.code != errc::outcome_unknown)
            co_return why;
        created =
            co_await kubernetes_.get(kube::config_maps, ns_, wanted.meta.name, call(until, purposes::look_at_key));
        const bool gone = !created && created.error().code == errc::not_found;
        if (gone)
            co_return why.code == errc::conflict ? key_in_use() : why;
    }
    auto claimed = decoded(created);
    if (claimed && claimed->attempt != wanted.attempt)
        co_return key_in_use();
    co_return claimed;
}

awaitable<result<records::request_key>> request_keys::take_over(records::request_key found, async::deadline until) {
    found.attempt = random_text();
    found.claimed_at = time_.now();
    auto change = records::encode_key_attempt(found);
    auto patched = co_await kubernetes_.patch(kube::config_maps, ns_, found.meta.name, std::move(change),
                                              call(until, purposes::take_key_over));
    if (!patched && patched.error().code == errc::outcome_unknown)
        patched = co_await kubernetes_.get(kube::config_maps, ns_, found.meta.name, call(until, purposes::look_at_key));
    const bool changed =
        !patched && (patched.error().code == errc::conflict || patched.error().code == errc::not_found);
    if (changed)
        co_return key_in_use();
    auto taken = decoded(patched);
    if (taken && taken->attempt != found.attempt)
        co_return key_in_use();
    co_return taken;
}

awaitable<result<void>> request_keys::keep_answer(std::string name, domain::operation made, async::deadline until) {
    auto change = records::encode_key_answer({made.uid, made.resolved});
    const auto patched = co_await kubernetes_.patch(kube::config_maps, ns_, std::move(name), std::move(change),
                                                    call(until, purposes::answer_key));
    if (!patched)
        co_return patched.error();
    co_return result<void>{};
}

awaitable<result<void>> request_keys::remove(records::request_key key, async::deadline until) {
    kube::delete_preconditions only;
    only.uid = key.meta.uid;
    only.resource_version = key.meta.resource_version;
    const auto removed = co_await kubernetes_.remove(kube::config_maps, ns_, key.meta.name, std::move(only),
                                                     call(until, purposes::remove_key));
    if (!removed && removed.error().code != errc::not_found && removed.error().code != errc::conflict)
        co_return removed.error();
    co_return result<void>{};
}

awaitable<result<request_keys::made_record>> request_keys::record_of(records::request_key key, async::deadline until) {
    made_record seen;
    auto id = domain::parse_operation_id(key.operation); // decode_key() has checked it
    if (!id)
        co_return seen;
    auto record = co_await records_.read(std::move(*id), until);
    if (!record && record.error().code != errc::not_found)
        co_return record.error();
    if (!record)
        co_return seen;
    const bool ours = records::request_key_of((*record)->meta) == key.meta.name;
    seen.is = ours ? key_record::ours : key_record::foreign;
    if (ours)
        seen.found = std::move(*record);
    co_return seen;
}

awaitable<result<void>> request_keys::settle(records::request_key key, async::deadline until) {
    const auto record = co_await record_of(key, until);
    if (!record)
        co_return record.error();
    if (record->found)
        co_return co_await keep_answer(key.meta.name, record->found->operation, until);
    // Whoever asks again is to carry it on, so that takes precedence.
    if (now() - key_begun(key) < 2 * patience_)
        co_return result<void>{};
    co_return co_await remove(std::move(key), until);
}

awaitable<result<void>> request_keys::settle_open(async::deadline until) {
    // Open are those of the requests under way, and a crash's; the rest of very many is seen the next time.
    const auto page = co_await kubernetes_.list(kube::config_maps, ns_, page_size, "",
                                                query_for(records::key_state::open), call(until, purposes::list_keys));
    if (!page)
        co_return page.error();
    for (auto& key : keys_on(*page)) {
        if (now() - key_begun(key) < patience_)
            continue;
        const auto settled = co_await settle(std::move(key), until);
        if (!settled)
            co_return settled.error();
    }
    co_return result<void>{};
}

awaitable<result<void>> request_keys::forget_expired(async::deadline until) {
    std::string next;
    do {
        const auto page =
            co_await kubernetes_.list(kube::config_maps, ns_, page_size, next, query_for(records::key_state::answered),
                                      call(until, purposes::list_keys));
        if (!page)
            co_return page.error();
        next = page->continue_token;
        for (auto& key : keys_on(*page)) {
            const auto id = domain::parse_operation_id(key.operation);
            const bool has_record = id && records_.cached(*id) != nullptr;
            if (!key_expired(key, has_record, now()))
                continue;
            const auto removed = co_await remove(std::move(key), until);
            if (!removed)
                co_return removed.error();
        }
    } while (!next.empty());
    co_return result<void>{};
}

} // namespace soteria::operations
