// What a request would do, step by step: the answer of a dry run.
#pragma once

#include <soteria/domain/operation.hpp>

#include <map>
#include <string>
#include <vector>

namespace soteria::domain {

struct planned_object {
    std::string kind;
    std::string ns;
    std::string name;
};

struct planned_step {
    std::string step;   // "create_volume"
    std::string action; // create, wait, patch, run
    planned_object object;
    std::string detail; // a sentence
    std::string undo;   // "delete_volume"; empty: nothing to undo
};

struct plan {
    std::string driver;
    std::vector<planned_step> steps;
    std::vector<std::string> warnings;
    // What the request resolved to (backup, backup_url, backup_created_at, volume, snapshot name, ...): goes into the
    // record, so that it is never resolved again. Keys: backup/facts.hpp.
    std::map<std::string, std::string> resolved;

    // The name that this plan gives to what it makes, where that comes from the time of planning: a plan that is made a
    // second later has another one and is the same plan. Empty: there is no such name.
    std::string named_by_time;

    // Stable text of all of the above that matters to somebody who confirms it; equal plans, equal hash. Warnings and
    // named_by_time are left out.
    [[nodiscard]] std::string hash() const;
    // Another named_by_time, wherever it stands in a name.
    void rename(const std::string& name);
};

} // namespace soteria::domain
