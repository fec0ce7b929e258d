#include "figures.hpp"

#include <boost/json/array.hpp>

#include <algorithm>

namespace load {
namespace {

double quantile(const std::vector<double>& ordered, double part) {
    return ordered.empty() ? 0 : ordered[static_cast<std::size_t>(static_cast<double>(ordered.size() - 1) * part)];
}

} // namespace

void figures::add(const figures& other) {
    milliseconds_.insert(milliseconds_.end(), other.milliseconds_.begin(), other.milliseconds_.end());
    for (const auto& [status, count] : other.statuses_)
        statuses_[status] += count;
    failures_ += other.failures_;
}

boost::json::object figures::summary() const {
    auto ordered = milliseconds_;
    std::ranges::sort(ordered);
    boost::json::object statuses;
    for (const auto& [status, count] : statuses_)
        statuses[std::to_string(status)] = count;
    boost::json::object made;
    made["requests"] = ordered.size();
    made["p50_ms"] = quantile(ordered, 0.5);
    made["p99_ms"] = quantile(ordered, 0.99);
    made["longest_ms"] = quantile(ordered, 1);
    made["statuses"] = std::move(statuses);
    made["failures"] = failures_;
    made["examples"] = boost::json::array(examples_.begin(), examples_.end());
    return made;
}

} // namespace load
