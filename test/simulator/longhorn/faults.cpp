#include "faults.hpp"

#include <boost/json.hpp>

#include <algorithm>
#include <array>
#include <stdexcept>

namespace simulator::lh {

namespace {

constexpr std::array<std::string_view, 11> object_faults{
    "fail_restore",   "stall_restore",       "unschedulable",      "fail_backup",
    "stall_backup",   "duplicate_backup",    "blank_completed",    "unsynced_backup_volume",
    "stuck_snapshot", "stuck_volume_delete", "stuck_backup_delete"};
constexpr std::array<std::string_view, 11> call_faults{"error", "empty",   "html", "truncated", "other_name", "raw",
                                                       "lost",  "refused", "slow", "lost_502",  "slow_answer"};

template <class List>
bool contains(const List& list, std::string_view what) {
    return std::find(list.begin(), list.end(), what) != list.end();
}

bool fits(std::string_view pattern, std::string_view text) {
    if (pattern.ends_with('*')) {
        return text.starts_with(pattern.substr(0, pattern.size() - 1));
    }
    return pattern == text;
}

[[noreturn]] void refuse(std::string_view key) {
    throw std::invalid_argument("The fault's key \"" + std::string(key) + "\" is unknown or of the wrong type.");
}

void set(fault& made, std::string_view key, const boost::json::value& value) {
    const auto text = [&](std::string& field) {
        if (!value.is_string()) {
            refuse(key);
        }
        field = value.as_string();
    };
    const auto number = [&](int& field) {
        if (!value.is_int64()) {
            refuse(key);
        }
        field = static_cast<int>(value.as_int64());
    };
    int delay = 0;
    if (key == "do") {
        text(made.what);
    } else if (key == "volume") {
        text(made.volume);
    } else if (key == "error") {
        text(made.error);
    } else if (key == "method") {
        text(made.method);
    } else if (key == "path") {
        text(made.path);
    } else if (key == "action") {
        text(made.action);
    } else if (key == "body") {
        text(made.body);
    } else if (key == "content_type") {
        text(made.content_type);
    } else if (key == "name") {
        text(made.name);
    } else if (key == "times") {
        number(made.times);
    } else if (key == "skip") {
        number(made.skip);
    } else if (key == "at") {
        number(made.at);
    } else if (key == "status") {
        number(made.status);
    } else if (key == "milliseconds") {
        number(delay);
        made.delay = milliseconds{delay};
    } else {
        refuse(key);
    }
}

} // namespace

const fault& fault_list::add(const boost::json::object& description) {
    fault made;
    for (const auto& [key, value] : description) {
        set(made, key, value);
    }
    if (!contains(object_faults, made.what) && !contains(call_faults, made.what)) {
        throw std::invalid_argument("There is no fault \"" + made.what + "\"; see faults.hpp for those there are.");
    }
    made.id = ++last_id_;
    faults_.push_back(made);
    return faults_.back();
}

boost::json::array fault_list::described() const {
    boost::json::array all;
    for (const fault& one : faults_) {
        all.push_back(boost::json::object{{"id", one.id},
                                          {"do", one.what},
                                          {"volume", one.volume},
                                          {"path", one.path},
                                          {"action", one.action},
                                          {"times", one.times},
                                          {"hits", one.hits}});
    }
    return all;
}

const fault* fault_list::use(std::list<fault>::iterator which) {
    ++which->hits;
    if (which->skip > 0) {
        --which->skip;
        return nullptr;
    }
    used_ = *which;
    if (which->times > 0 && --which->times == 0) {
        faults_.erase(which);
    }
    return &used_;
}

const fault* fault_list::take(std::string_view what, std::string_view volume, int percent) {
    for (auto one = faults_.begin(); one != faults_.end(); ++one) {
        if (one->what == what && fits(one->volume, volume) && percent >= one->at) {
            return use(one);
        }
    }
    return nullptr;
}

const fault* fault_list::take_call(std::string_view method, std::string_view path, std::string_view action) {
    for (auto one = faults_.begin(); one != faults_.end(); ++one) {
        if (contains(call_faults, one->what) && fits(one->method, method) && fits(one->path, path) &&
            fits(one->action, action)) {
            return use(one);
        }
    }
    return nullptr;
}

} // namespace simulator::lh
