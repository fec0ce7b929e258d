// What readers are told of queued operations.
#include <soteria/operations/queue.hpp>
#include <soteria/operations/slots.hpp>

#include <algorithm>

namespace soteria::operations {
namespace {

using domain::operation;
using domain::operation_key;

std::string ordinal(std::size_t number) {
    const std::size_t tens = number % 100;
    const std::size_t ones = number % 10;
    const bool teen = tens >= 11 && tens <= 13;
    const char* ending = teen || ones > 3 || ones == 0 ? "th" : ones == 1 ? "st" : ones == 2 ? "nd" : "rd";
    return std::to_string(number) + ending;
}

// "3 restic backups", "1 restore"
std::string counted(const lane& of, std::size_t number) {
    const std::string driver = of.driver.empty() ? std::string() : of.driver + " ";
    const std::string kind = of.kind == domain::operation_kind::backup ? "backup" : "restore";
    return std::to_string(number) + " " + driver + kind + (number == 1 ? "" : "s");
}

std::string how_many(const lane& of, std::size_t running) {
    return counted(of, running) + (running == 1 ? " runs" : " run") + ", at most " + std::to_string(of.most) + " may";
}

} // namespace

void queue::describe(operation& one, const lane& where, const std::map<operation_key, std::size_t>& places) const {
    if (one.phase != domain::operation_phase::queued)
        return;
    const auto place = places.find(key_of(one));
    const auto* other = at_work_beside(one);
    if (place != places.end()) {
        one.queue_position = static_cast<std::int64_t>(place->second);
        const std::string which = place->second == 1 ? "next" : ordinal(place->second);
        one.message = which + " in the queue: " + how_many(where, lines_.at(where).running);
    } else if (other != nullptr) {
        one.message =
            "waits until " + other->id() + ", which is at work on " + slot_subject(one).text() + ", has ended";
    } else {
        return;
    }
    one.reason = "Queued";
}

std::string queue::waiting_words(const operation& one) const {
    const auto where = lane_of_(one);
    return "waits for its turn" + (where ? ": at most " + counted(*where, where->most) + " at once" : std::string());
}

void queue::tell(std::vector<operation>& shown) const {
    std::map<lane, std::map<operation_key, std::size_t>> counted;
    for (auto& each : shown) {
        const bool queued = each.phase == domain::operation_phase::queued;
        const auto where = queued ? lane_of_(each) : std::nullopt;
        if (!where)
            continue;
        const auto found = lines_.find(*where);
        if (found == lines_.end())
            continue;
        const auto [places, first_of_lane] = counted.try_emplace(*where);
        if (first_of_lane)
            walk(found->second, [&to = places->second](const operation_key& key) {
                to.emplace(key, to.size() + 1);
                return true;
            });
        describe(each, *where, places->second);
    }
}

} // namespace soteria::operations
