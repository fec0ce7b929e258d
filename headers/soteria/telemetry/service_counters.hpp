// What this service counts of its own work. Single-threaded; must outlive all that count.
#pragma once

#include <soteria/telemetry/handles.hpp>
#include <soteria/telemetry/http_requests.hpp>
#include <soteria/telemetry/upstream_calls.hpp>

#include <array>
#include <initializer_list>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace soteria::telemetry {

// One counter for each combination of label values; all of them exist, at 0, from the start.
class counter_family {
public:
    struct label {
        std::string name;
        std::vector<std::string> values; // the closed set
    };

    explicit counter_family(std::vector<label> labels) : labels_(std::move(labels)) {
        std::vector<std::string> values;
        fill(values);
    }

    // In the order of the labels. A combination outside of the closed sets is counted as well, from its first time.
    void add(std::initializer_list<std::string_view> values, double amount = 1.0) {
        counters_[std::vector<std::string>(values.begin(), values.end())].add(amount);
    }

    [[nodiscard]] const std::vector<label>& labels() const { return labels_; }

    [[nodiscard]] const std::map<std::vector<std::string>, counter>& counters() const { return counters_; }

private:
    void fill(std::vector<std::string>& values) {
        if (values.size() == labels_.size()) {
            counters_.try_emplace(values);
            return;
        }
        for (const auto& value : labels_[values.size()].values) {
            values.push_back(value);
            fill(values);
            values.pop_back();
        }
    }

    std::vector<label> labels_;
    std::map<std::vector<std::string>, counter> counters_;
};

// Labels and values as the contract has them. `drivers`: the configured ones.
class service_counters {
public:
    explicit service_counters(const std::vector<std::string>& drivers)
        : backup_requests({{"driver", drivers}, {"result", request_results()}}),
          restore_requests({{"driver", drivers}, {"result", request_results()}}),
          operations({{"kind", {"backup", "restore", "restore_test"}},
                      {"driver", drivers},
                      {"outcome", {"succeeded", "incomplete", "failed", "cancelled"}}}),
          authz_denials({{"reason",
                          {"no_identity", "bad_token", "group_not_allowed", "namespace_not_allowed",
                           "malformed_identity", "untrusted_proxy", "cross_site"}}}),
          kubernetes_events({{"result", {"written", "failed", "dropped"}}}) {}

    // Each POST once, when it is answered.
    counter_family backup_requests;
    counter_family restore_requests;
    // Each operation, when it has ended and this process lets it go; after a crash just then it is counted again.
    counter_family operations;
    counter_family authz_denials;
    // Events about operations (operations/announcer.hpp).
    counter_family kubernetes_events;
    http_requests http;
    upstream_calls upstream;
    // How late the loop's timers come: whatever holds the loop shows here.
    histogram loop_lag;

    static std::vector<std::string> request_results() {
        return {"accepted",  "replayed", "dry_run",   "invalid",     "denied",
                "not_found", "conflict", "throttled", "unavailable", "error"};
    }
};

} // namespace soteria::telemetry
