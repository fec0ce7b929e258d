// Prints, as JSON, every write that Soteria makes: the rows of the fault tables come from the code itself, so that a
// new effect without a row fails.
#include "source/backup/longhorn_steps.hpp"
#include "source/backup/restic_steps.hpp"

#include <soteria/operations/purposes.hpp>

#include <boost/json.hpp>

#include <iostream>

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

} // namespace

int main() {
    boost::json::array around;
    for (const auto purpose : soteria::operations::purposes::all)
        around.emplace_back(purpose);
    const boost::json::object longhorn{{"backup", effects_of(backup::longhorn_steps::backup)},
                                       {"restore", effects_of(backup::longhorn_steps::restore)}};
    const boost::json::object restic{{"backup", effects_of(backup::restic_steps::backup)},
                                     {"restore", effects_of(backup::restic_steps::restore)}};
    const boost::json::object all{{"longhorn", longhorn}, {"restic", restic}, {"around", around}};
    std::cout << boost::json::serialize(all) << '\n';
}
