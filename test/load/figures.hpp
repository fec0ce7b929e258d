// What came of the requests, by kind.
#pragma once

#include <boost/json/object.hpp>

#include <map>
#include <string>
#include <vector>

namespace load {

class figures {
public:
    // `wrong`: what was not as it should be; empty: all was.
    void add(int status, double milliseconds, const std::string& wrong) {
        milliseconds_.push_back(milliseconds);
        ++statuses_[status];
        if (wrong.empty())
            return;
        ++failures_;
        if (examples_.size() < 5)
            examples_.push_back(wrong);
    }

    void add(const figures& other);

    [[nodiscard]] std::size_t failures() const { return failures_; }

    // {"requests", "p50_ms", "p99_ms", "longest_ms", "statuses": {"200": n}, "failures", "examples": []}
    [[nodiscard]] boost::json::object summary() const;

private:
    std::vector<double> milliseconds_;
    std::map<int, std::size_t> statuses_; // 0: no answer
    std::size_t failures_ = 0;
    std::vector<std::string> examples_;
};

} // namespace load
