#include "repository.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <set>

namespace simulator::rs {

namespace {

bool has_tag(const snapshot& one, const std::string& tag) {
    return std::find(one.tags.begin(), one.tags.end(), tag) != one.tags.end();
}

// "a,b": it has both.
bool has_all(const snapshot& one, const std::string& list) {
    std::size_t start = 0;
    while (start <= list.size()) {
        const auto end = std::min(list.find(',', start), list.size());
        if (!has_tag(one, list.substr(start, end - start))) {
            return false;
        }
        start = end + 1;
    }
    return true;
}

std::string text_of(instant when, const char* format) {
    const auto seconds = std::chrono::system_clock::to_time_t(when);
    std::tm parts{};
    gmtime_r(&seconds, &parts);
    std::array<char, 40> text{};
    return {text.data(), std::strftime(text.data(), text.size(), format, &parts)};
}

// "1y5m7d2h"; months and years count as 30 and 365 days.
std::chrono::hours period_of(const std::string& text) {
    static const std::map<char, int> hours{{'h', 1}, {'d', 24}, {'m', 720}, {'y', 8760}};
    std::chrono::hours sum{0};
    int number = 0;
    for (const char one : text) {
        if (const auto unit = hours.find(one); unit != hours.end()) {
            sum += std::chrono::hours(number * unit->second);
            number = 0;
        } else {
            number = number * 10 + (one - '0');
        }
    }
    return sum;
}

} // namespace

std::string new_id(std::mt19937_64& random) {
    static constexpr std::string_view digits = "0123456789abcdef";
    std::string id;
    while (id.size() < 64) {
        id += digits[random() % digits.size()];
    }
    return id;
}

snapshot* repository::find(const std::string& prefix) {
    snapshot* found = nullptr;
    for (auto& one : snapshots) {
        if (one.id.starts_with(prefix)) {
            if (found != nullptr) {
                return nullptr;
            }
            found = &one;
        }
    }
    return found;
}

const snapshot* repository::parent_of(const std::string& host, const std::vector<std::string>& paths) const {
    for (auto one = snapshots.rbegin(); one != snapshots.rend(); ++one) {
        if (one->host == host && one->paths == paths) {
            return &*one;
        }
    }
    return nullptr;
}

const lock* repository::holder_against(bool exclusive) const {
    for (const auto& one : locks) {
        if (exclusive || one.exclusive) {
            return &one;
        }
    }
    return nullptr;
}

void repository::release(const std::string& lock_id) {
    std::erase_if(locks, [&lock_id](const lock& one) { return one.id == lock_id; });
}

bool chosen(const snapshot& one, const command_line& by) {
    const auto hosts = by.values("--host");
    const auto tags = by.values("--tag");
    const bool host = hosts.empty() || std::find(hosts.begin(), hosts.end(), one.host) != hosts.end();
    const bool tagged = tags.empty() || std::any_of(tags.begin(), tags.end(),
                                                    [&one](const std::string& list) { return has_all(one, list); });
    return host && tagged;
}

std::vector<std::string> forgotten(std::vector<const snapshot*> group, const command_line& by) {
    std::sort(group.begin(), group.end(),
              [](const snapshot* left, const snapshot* right) { return left->time > right->time; });
    static const std::vector<std::pair<std::string, const char*>> buckets{
        {"--keep-last", nullptr},  {"--keep-hourly", "%Y%m%d%H"}, {"--keep-daily", "%Y%m%d"},
        {"--keep-weekly", "%G%V"}, {"--keep-monthly", "%Y%m"},    {"--keep-yearly", "%Y"}};
    std::set<std::string> kept;
    bool any = false;
    for (const auto& [flag, format] : buckets) {
        int left = by.has(flag) ? std::atoi(by.value(flag).c_str()) : 0;
        any = any || by.has(flag);
        std::string last;
        for (const auto* one : group) {
            const auto bucket = format == nullptr ? one->id : text_of(one->time, format);
            if (left != 0 && bucket != last) {
                kept.insert(one->id);
                last = bucket;
                --left;
            }
        }
    }
    for (const auto* one : group) {
        const bool recent = by.has("--keep-within") && !group.empty() &&
                            group.front()->time - one->time <= period_of(by.value("--keep-within"));
        const auto lists = by.values("--keep-tag");
        const bool tagged =
            std::any_of(lists.begin(), lists.end(), [one](const std::string& list) { return has_all(*one, list); });
        if (recent || tagged) {
            kept.insert(one->id);
        }
    }
    any = any || by.has("--keep-within") || by.has("--keep-tag");
    std::vector<std::string> removed;
    for (const auto* one : group) {
        if (any && !kept.contains(one->id)) {
            removed.push_back(one->id);
        }
    }
    return removed;
}

} // namespace simulator::rs
