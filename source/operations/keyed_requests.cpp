// Requests with an Idempotency-Key: at most one operation is ever made for one.
#include <soteria/base/log.hpp>
#include <soteria/operations/cluster_requests.hpp>
#include <soteria/operations/conflicts.hpp>

namespace soteria::operations {
namespace {

using boost::asio::awaitable;
using domain::operation;
using domain::operation_kind;

// For what is left to write once a request is decided, also where its own time is over.
constexpr std::chrono::seconds a_moment{2};

// Out of the list of those under way, however the request ends.
class listed {
public:
    listed(std::map<std::string, std::string>& list, std::string name) : list_(list), name_(std::move(name)) {}

    ~listed() { list_.erase(name_); }

    listed(const listed&) = delete;
    listed& operator=(const listed&) = delete;

private:
    std::map<std::string, std::string>& list_;
    std::string name_;
};

void warn(std::string_view what, const std::string& key, const failure& why) {
    log::warning(what, {{"key", boost::json::value(key)}, {"why", boost::json::value(why.message)}});
}

std::optional<accepted> none_yet() {
    return std::nullopt;
}

} // namespace

awaitable<result<accepted>> cluster_requests::start_once(operation_kind kind, domain::operation_request request,
                                                         domain::requester by, start_terms terms, idempotency asked,
                                                         async::deadline until) {
    const auto [other, first] = under_way_.try_emplace(asked.name, asked.digest);
    if (!first)
        co_return other->second == asked.digest ? key_in_use() : key_reused();
    const listed here(under_way_, asked.name);
    auto answering =
        answer_or_start(kind, std::move(request), std::move(by), std::move(terms), std::move(asked), until);
    co_return co_await std::move(answering);
}

awaitable<result<accepted>> cluster_requests::answer_or_start(operation_kind kind, domain::operation_request request,
                                                              domain::requester by, start_terms terms,
                                                              idempotency asked, async::deadline until) {
    keyed key;
    key.asked = std::move(asked);
    auto known = co_await look_up(key, until);
    if (!known)
        co_return known.error();
    std::optional<accepted>& told = *known;
    if (told)
        co_return std::move(*told);
    auto starting = start_now(kind, std::move(request), std::move(by), std::move(terms), &key, until);
    auto started = co_await std::move(starting);
    if (!started) {
        auto refusing = after_refusal(started.error(), key, until);
        co_return co_await std::move(refusing);
    }
    auto made = started->operation.value_or(operation()); // always there: this was no dry run
    const auto kept = co_await keys_.keep_answer(key.asked.name, std::move(made), async::deadline::after(a_moment));
    if (!kept)
        warn("the answer to a request with a key could not be kept; it is made from the record", key.asked.name,
             kept.error());
    co_return started;
}

awaitable<result<std::optional<accepted>>> cluster_requests::look_up(keyed& key, async::deadline until) {
    const auto found = co_await keys_.find(key.asked.name, until);
    if (!found)
        co_return found.error();
    const std::optional<records::request_key>& there = *found;
    if (!there)
        co_return none_yet();
    const records::request_key& held = *there;
    record_store::pointer record;
    auto step = next_key_step(held, key.asked.digest, key_record::unknown, time_.now(), keys_.patience());
    if (step == key_step::look) {
        const auto seen = co_await keys_.record_of(held, until);
        if (!seen)
            co_return seen.error();
        record = seen->found;
        step = next_key_step(held, key.asked.digest, seen->is, time_.now(), keys_.patience());
    }
    auto acting = act_on(step, key, held, std::move(record), until);
    co_return co_await std::move(acting);
}

awaitable<result<std::optional<accepted>>> cluster_requests::act_on(key_step step, keyed& key,
                                                                    records::request_key found,
                                                                    record_store::pointer record,
                                                                    async::deadline until) {
    if (step == key_step::other_body)
        co_return key_reused();
    if (step == key_step::wait || step == key_step::look)
        co_return key_in_use(std::chrono::duration_cast<std::chrono::milliseconds>(time_.now() - key_begun(found)));
    if (step == key_step::begin_anew) {
        const auto removed = co_await keys_.remove(std::move(found), until);
        if (!removed)
            co_return removed.error();
        co_return none_yet();
    }
    if (step == key_step::carry_on) {
        auto taken = co_await keys_.take_over(std::move(found), until);
        if (!taken)
            co_return taken.error();
        key.claim = std::move(*taken);
        key.carried_on = true;
        co_return none_yet();
    }
    auto told = co_await answer_from(std::move(found), std::move(record));
    co_return std::optional<accepted>(std::move(told));
}

awaitable<accepted> cluster_requests::answer_from(records::request_key key, record_store::pointer record) {
    accepted told;
    told.replayed = true;
    told.plan.driver = key.driver;
    operation& made = told.operation.emplace();
    if (record) {
        made = record->operation;
        const auto kept = co_await keys_.keep_answer(key.meta.name, made, async::deadline::after(a_moment));
        if (!kept)
            warn("the answer to a request with a key could not be kept; its record has it", key.meta.name,
                 kept.error());
    } else if (const auto id = domain::parse_operation_id(key.operation); id && key.answer) {
        made.kind = id->kind;
        made.ns = id->ns;
        made.name = id->name;
        made.uid = key.answer->uid;
        made.resolved = key.answer->resolved;
    }
    told.plan.resolved = made.resolved;
    co_return told;
}

awaitable<result<void>> cluster_requests::reserve(domain::operation made, keyed& key, async::deadline until) {
    if (key.claim)
        co_return result<void>{};
    auto claimed = co_await keys_.claim(key.asked.name, key.asked.digest, std::move(made), until);
    if (!claimed)
        co_return claimed.error();
    key.claim = std::move(*claimed);
    co_return result<void>{};
}

awaitable<result<accepted>> cluster_requests::after_refusal(failure refusal, keyed& key, async::deadline until) {
    if (!key.claim) {
        // Another replica may have been faster since we looked: then it is that one's operation which stands in our
        // way, and its answer is ours.
        auto known = co_await look_up(key, until);
        if (!known)
            co_return known.error().reason.starts_with("idempotency_key") ? known.error() : refusal;
        std::optional<accepted>& told = *known;
        if (told)
            co_return std::move(*told);
    }
    if (!key.claim || key.may_be_made)
        co_return refusal;
    const auto soon = async::deadline::after(a_moment);
    if (key.carried_on) { // what the first request sent last may have come true meanwhile
        const auto seen = co_await keys_.record_of(*key.claim, soon);
        if (!seen)
            co_return refusal;
        if (seen->found)
            co_return co_await answer_from(*key.claim, seen->found);
        if (running_operation(refusal) == key.claim->operation) // its slot is still there; not for long
            co_return key_in_use(keys_.patience());
    }
    const auto removed = co_await keys_.remove(*key.claim, soon);
    if (!removed)
        warn("a key could not be given back; it is free again in a minute", key.asked.name, removed.error());
    co_return refusal;
}

} // namespace soteria::operations
