// One running backup per PVC, one restore per target, one restore test per PVC: a Lease in our namespace stands for
// each.
#pragma once

#include <soteria/async/deadline.hpp>
#include <soteria/base/result.hpp>
#include <soteria/base/time.hpp>
#include <soteria/domain/operation.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/lease.hpp>

#include <boost/asio/awaitable.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace soteria::operations {

// Who has a slot, and how it came to it.
struct slot {
    std::string uid;
    std::string holder; // an operation's id
    // Taken by an HTTP request before the record was made: what the request resolved to can be believed. A record that
    // somebody wrote with kubectl has no such slot.
    bool by_request = false;
};

// What the cluster says of the operation that holds a slot.
enum class holder_state { active, finished, no_record };

class slots {
public:
    // A slot whose record is finished, or never came, is taken over.
    using holder_lookup = std::function<boost::asio::awaitable<result<holder_state>>(std::string id)>;

    // A request makes its record right after its slot; a slot without one after `patience` was left by a crash.
    // The clients and the clock outlive this.
    slots(kube::client& kubernetes, std::string ns, const clock& time, holder_lookup lookup,
          std::chrono::milliseconds patience = std::chrono::seconds(60));

    // The slot is `holder`'s afterwards; taking it again is fine. conflict (operation_running) names who has it.
    // `request`: a mark of its own for each HTTP request that wants to start an operation, as two of them may have
    // thought of the same id in the same second; empty for the operation itself.
    boost::asio::awaitable<result<slot>> take(domain::operation_kind kind, domain::pvc_ref pvc, std::string holder,
                                              std::string request, async::deadline until);
    // Whatever somebody else holds is left; not being there is success.
    boost::asio::awaitable<result<void>> give_back(domain::operation_kind kind, domain::pvc_ref pvc, std::string holder,
                                                   async::deadline until);

    // Removes the slots that were left by a crash between slot and record. For the leader, now and then.
    boost::asio::awaitable<result<void>> sweep(async::deadline until);

    [[nodiscard]] std::chrono::milliseconds patience() const { return patience_; }

private:
    [[nodiscard]] bool abandoned(const kube::lease& lease, holder_state state) const;
    // Who has it. nullopt: nobody any more, as it was given back, or had been left and is removed now.
    boost::asio::awaitable<result<std::optional<slot>>> look(std::string name, std::string holder, std::string request,
                                                             async::deadline until);

    kube::client& kubernetes_;
    std::string ns_;
    const clock& time_;
    holder_lookup lookup_;
    std::chrono::milliseconds patience_;
};

// What an operation's slot is for: the PVC it backs up, the target it restores into, or, for a restore test without a
// target, the PVC whose backup is tried.
const domain::pvc_ref& slot_subject(const domain::operation& operation);
// backup, restore (also a restore test with a target: two must not restore into one), or restore_test.
domain::operation_kind slot_kind(const domain::operation& operation);

} // namespace soteria::operations
