// What is to go wrong, given to the simulator by POST /_simulator/faults.
#pragma once

#include "timeline.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <list>
#include <string>

namespace simulator::lh {

// Two kinds. What happens to an object (looked up by volume):
//   fail_restore {at, error}   stall_restore {at}        unschedulable
//   fail_backup {at, error}    stall_backup {at}         duplicate_backup
//   blank_completed {milliseconds}        unsynced_backup_volume {milliseconds}
//   stuck_snapshot {error}     stuck_volume_delete       stuck_backup_delete {error}
// and what happens to a call (method, path, action; the path may end with *):
//   error {status, error}      empty {status}            html      truncated     other_name {name}
//   raw {status, content_type, body}      refused (not done, connection cut)      lost (done, connection cut)
//   lost_502 (done, answered by an empty 502)            slow {milliseconds} (then done)
//   slow_answer {milliseconds} (done, then answered)
struct fault {
    std::uint64_t id = 0;
    std::string what;
    int times = 1; // 0: until it is removed
    int skip = 0;  // matches to let pass first
    std::string volume = "*";
    int at = 0; // percent
    milliseconds delay{0};
    std::string error;
    std::string method = "*";
    std::string path = "*";
    std::string action = "*";
    int status = 0;
    std::string body;
    std::string content_type = "application/json";
    std::string name;
    int hits = 0;
};

class fault_list {
public:
    // Throws std::invalid_argument, a full sentence, for an unknown kind, key or type.
    const fault& add(const boost::json::object& description);

    void clear() { faults_.clear(); }

    [[nodiscard]] boost::json::array described() const;

    // The first fault that fits, used up once. The pointer is good until the next change of the list.
    const fault* take(std::string_view what, std::string_view volume, int percent = 100);
    const fault* take_call(std::string_view method, std::string_view path, std::string_view action);

private:
    const fault* use(std::list<fault>::iterator which);

    std::list<fault> faults_;
    fault used_;
    std::uint64_t last_id_ = 0;
};

} // namespace simulator::lh
