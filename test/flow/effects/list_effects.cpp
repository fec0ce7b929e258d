// Prints, as JSON, every write that Soteria makes, and what each of its calls is for: the rows of the fault tables come
// from the code itself, so that a new effect without a row fails.
#include "source/backup/longhorn_steps.hpp"
#include "source/backup/restic_steps.hpp"

#include <soteria/app/purposes.hpp>
#include <soteria/auth/purposes.hpp>
#include <soteria/backup/purposes.hpp>
#include <soteria/kube/purposes.hpp>
#include <soteria/longhorn/purposes.hpp>
#include <soteria/operations/purposes.hpp>

#include <boost/json.hpp>

#include <iostream>
#include <set>
#include <string>

namespace {

namespace backup = soteria::backup;

template <class Steps>
boost::json::array effects_of(const Steps& steps) {
    boost::json::array effects;
    for (const auto& step : steps)
        if (step.effect)
            effects.push_back(
                boost::json::object{{"step", step.name}, {"undo", step.undo}, {"after_return", step.after_return}});
    return effects;
}

// "<kind>/<step>", "<kind>/undo_<step>", "<kind>/tidy".
template <class Steps>
void add_purposes_of(const std::string& kind, const Steps& steps, std::set<std::string>& all) {
    for (const auto& step : steps) {
        all.insert(kind + "/" + std::string(step.name));
        if (!step.undo.empty())
            all.insert(kind + "/undo_" + std::string(step.name));
    }
    all.insert(kind + "/tidy");
}

boost::json::array purposes() {
    std::set<std::string> all;
    const auto add = [&all](const auto& some) {
        for (const auto one : some)
            all.emplace(one);
    };
    add(soteria::app::purposes::all);
    add(soteria::auth::purposes::all);
    add(backup::purposes::all);
    add(soteria::kube::purposes::all);
    add(soteria::longhorn::purposes::all);
    add(soteria::operations::purposes::all);
    add(soteria::operations::purposes::besides);
    add_purposes_of("backup", backup::longhorn_steps::backup, all);
    add_purposes_of("backup", backup::restic_steps::backup, all);
    add_purposes_of("restore", backup::longhorn_steps::restore, all);
    add_purposes_of("restore", backup::restic_steps::restore, all);
    add_purposes_of("restore_test", backup::restic_steps::restore, all);
    boost::json::array listed;
    for (const auto& one : all)
        listed.emplace_back(one);
    return listed;
}

} // namespace

int main() {
    boost::json::array around;
    for (const auto purpose : soteria::operations::purposes::all)
        around.emplace_back(purpose);
    const boost::json::object longhorn{{"backup", effects_of(backup::longhorn_steps::backup)},
                                       {"restore", effects_of(backup::longhorn_steps::restore)}};
    const boost::json::object restic{{"backup", effects_of(backup::restic_steps::backup)},
                                     {"restore", effects_of(backup::restic_steps::restore)}};
    const boost::json::object all{
        {"longhorn", longhorn}, {"restic", restic}, {"around", around}, {"purposes", purposes()}};
    std::cout << boost::json::serialize(all) << '\n';
}
