#include <soteria/backup/driver.hpp>

namespace soteria::backup {
namespace {

// Between tries after a refusal that may pass by itself.
constexpr std::chrono::milliseconds retry_pause{2000};

step_report make(step_report::outcome what, std::string message, std::chrono::milliseconds again_after) {
    step_report report;
    report.what = what;
    report.message = std::move(message);
    report.again_after = again_after;
    return report;
}

} // namespace

step_report step_report::done(std::map<std::string, std::string> facts) {
    step_report report;
    report.facts = std::move(facts);
    return report;
}

step_report step_report::waiting(std::string message, std::chrono::milliseconds again_after) {
    return make(outcome::waiting, std::move(message), again_after);
}

step_report step_report::queued(std::string message, std::chrono::milliseconds again_after) {
    step_report report = make(outcome::waiting, std::move(message), again_after);
    report.patient = true;
    return report;
}

step_report step_report::retry(std::string message, std::chrono::milliseconds again_after) {
    return make(outcome::retry, std::move(message), again_after);
}

step_report step_report::failed(std::string code, std::string message) {
    step_report report = make(outcome::failed, std::move(message), std::chrono::milliseconds{0});
    report.code = std::move(code);
    return report;
}

step_report step_report::from(const failure& error, std::chrono::milliseconds settle) {
    std::string word = error.reason.empty() ? std::string(to_string(error.code)) : error.reason;
    const bool open =
        error.code == errc::outcome_unknown || error.code == errc::timed_out || error.code == errc::cancelled;
    if (!open && !error.transient())
        return failed(std::move(word), error.message);
    const auto pause = open ? settle : error.retry_after ? std::chrono::milliseconds(*error.retry_after) : retry_pause;
    auto report = retry(error.message, pause);
    report.code = std::move(word);
    return report;
}

} // namespace soteria::backup
