#include <soteria/operations/queue.hpp>
#include <soteria/operations/slots.hpp>

#include <algorithm>
#include <tuple>

namespace soteria::operations {
namespace {

using domain::operation;
using domain::operation_key;
using domain::operation_phase;

// How a record counts.
enum class standing { outside, waiting, running, ended };

standing standing_of(const operation& one) {
    if (one.phase != operation_phase::queued)
        return one.active() ? standing::running : standing::ended;
    const bool wanted = one.protected_by_finalizer && !one.delete_requested && one.cancelled_by.empty();
    return wanted ? standing::waiting : standing::outside;
}

// Cancelled before it began, it had none.
std::optional<instant> turn_of(const operation& one) {
    return one.phase == operation_phase::queued || one.steps.empty() ? std::nullopt : one.started_at;
}

// What an operation works on: the same as its slot.
std::string place_of(const operation& one) {
    return std::string(domain::to_string(slot_kind(one))) + " " + slot_subject(one).text();
}

bool counts_as(const operation& before, const operation& now) {
    return standing_of(before) == standing_of(now) && turn_of(before) == turn_of(now) &&
           before.request.driver == now.request.driver;
}

} // namespace

lane_lookup lanes_by(driver_lookup find_driver, std::size_t most_backups, std::size_t most_restores) {
    return [find_driver = std::move(find_driver), most_backups, most_restores](const operation& one) {
        std::optional<lane> found;
        const auto* driver = find_driver(one.request.driver);
        if (driver == nullptr)
            return found; // nobody carries it out: it must not keep others waiting
        const bool is_backup = one.kind == domain::operation_kind::backup;
        const auto kind = is_backup ? domain::operation_kind::backup : domain::operation_kind::restore;
        const std::size_t configured = is_backup ? most_backups : most_restores;
        if (configured > 0)
            return found = lane{kind, "", configured};
        if (driver->most_running() > 0)
            found = lane{kind, std::string(driver->name()), driver->most_running()};
        return found;
    };
}

queue::queue(const boost::asio::any_io_executor& executor, record_store& records, lane_lookup lane_of)
    : lane_of_(std::move(lane_of)), changed_(executor) {
    for (const auto kind : {domain::operation_kind::backup, domain::operation_kind::restore}) {
        auto& cache = records.cache_of(kind);
        for (const auto& [key, record] : cache.all())
            record_changed(false, record);
        cache.subscribe([this](record_store::cache::change what, const record_store::pointer& record) {
            record_changed(what == record_store::cache::change::deleted, record);
        });
    }
}

void queue::record_changed(bool gone, const record_store::pointer& record) {
    const auto key = key_of(record->operation);
    const auto before = known_.find(key);
    if (before != known_.end() && !gone && counts_as(before->second->operation, record->operation)) {
        before->second = record;
        return;
    }
    const auto where = gone ? std::nullopt : lane_of_(record->operation);
    if (before == known_.end() && !where)
        return; // nothing limits it
    if (before != known_.end()) {
        if (const auto from = lane_of_(before->second->operation))
            enter(before->second->operation, *from, false);
        known_.erase(before);
    }
    if (where) {
        enter(record->operation, *where, true);
        known_.emplace(key, record);
        if (standing_of(record->operation) != standing::waiting)
            aside_.erase(key);
    }
    changed_.notify_all();
}

// Takes it into the books, or (`added` false) out of them.
void queue::enter(const operation& one, const lane& where, bool added) {
    auto& its_line = lines_[where];
    auto& its_party = its_line.parties[one.ns];
    const auto key = key_of(one);
    const auto how = standing_of(one);
    if (how == standing::waiting) {
        if (added)
            its_party.waiting.emplace(one.created_at, key);
        else
            its_party.waiting.erase({one.created_at, key});
    }
    if (how == standing::running) {
        its_line.beginning.erase(key);
        auto& beside = at_work_[place_of(one)];
        if (added) {
            ++its_line.running;
            beside.insert(key);
        } else {
            --its_line.running;
            beside.erase(key);
        }
        if (beside.empty())
            at_work_.erase(place_of(one));
    }
    if (const auto when = turn_of(one)) {
        auto& count = its_party.turns[*when];
        if (added)
            ++count;
        else
            --count;
        if (count == 0)
            its_party.turns.erase(*when);
    }
    if (its_party.waiting.empty() && its_party.turns.empty())
        its_line.parties.erase(one.ns);
}

// Those in the line, in its order. After its turn a namespace is the last one, so the rounds repeat.
void queue::walk(const line& from, const visitor& visit) const {
    using rank = std::tuple<instant, std::size_t, instant, std::string_view>;

    struct hand {
        rank order;
        decltype(party::waiting)::const_iterator next;
        decltype(party::waiting)::const_iterator end;
    };

    std::vector<hand> hands;
    for (const auto& [ns, one] : from.parties) {
        if (one.waiting.empty())
            continue;
        const bool had_one = !one.turns.empty();
        const rank order{had_one ? one.turns.rbegin()->first : instant{}, had_one ? one.turns.rbegin()->second : 0,
                         one.waiting.begin()->first, ns};
        hands.push_back({order, one.waiting.begin(), one.waiting.end()});
    }
    std::ranges::sort(hands, {}, &hand::order);
    bool any = true;
    while (any) {
        any = false;
        for (auto& each : hands) {
            const auto in_line = [this](const auto& waiting) {
                return at_work_beside(known_.at(waiting.second)->operation) == nullptr;
            };
            each.next = std::find_if(each.next, each.end, in_line);
            if (each.next == each.end)
                continue;
            any = true;
            if (!visit((each.next++)->second))
                return;
        }
    }
}

const operation* queue::at_work_beside(const operation& waiting) const {
    const auto found = at_work_.find(place_of(waiting));
    if (found == at_work_.end())
        return nullptr;
    const auto record = known_.find(*found->second.begin());
    return record == known_.end() ? nullptr : &record->second->operation;
}

bool queue::is_aside(const operation_key& key) const {
    const auto found = aside_.find(key);
    return found != aside_.end() && async::deadline::time_clock::now() < found->second;
}

std::size_t queue::free_places(const lane& where, const line& of) const {
    const std::size_t taken = of.running + of.beginning.size();
    return where.most - std::min(where.most, taken);
}

std::optional<queue::turn> queue::take_turn(const operation& one) {
    const auto key = key_of(one);
    const auto where = lane_of_(one);
    if (!where)
        return turn(nullptr, key);
    auto& its_line = lines_[*where];
    std::size_t places = free_places(*where, its_line);
    bool mine = false;
    if (places > 0)
        walk(its_line, [&](const operation_key& each) {
            if (is_aside(each) || its_line.beginning.contains(each))
                return true;
            mine = each == key;
            return !mine && --places > 0;
        });
    if (!mine)
        return std::nullopt;
    its_line.beginning.insert(key);
    return turn(this, key);
}

queue::turn::~turn() {
    if (of_ == nullptr)
        return;
    std::size_t given_back = 0;
    for (auto& [where, line] : of_->lines_)
        given_back += line.beginning.erase(key_);
    if (given_back > 0)
        of_->changed_.notify_all();
}

void queue::put_aside(const operation_key& key, time_point until) {
    if (!known_.contains(key))
        return; // nobody waits behind it
    aside_[key] = until;
    changed_.notify_all();
}

std::vector<operation_key> queue::next_up() const {
    std::vector<operation_key> found;
    for (const auto& [where, each_line] : lines_) {
        std::size_t places = free_places(where, each_line);
        if (places == 0)
            continue;
        walk(each_line, [&, &of = each_line](const operation_key& each) {
            if (is_aside(each) || of.beginning.contains(each))
                return true;
            found.push_back(each);
            return --places > 0;
        });
    }
    return found;
}

} // namespace soteria::operations
