// What both drivers ask the cluster before anything is made, and how both make and delete objects there.
#pragma once

#include <soteria/backup/driver.hpp>
#include <soteria/kube/client.hpp>
#include <soteria/kube/objects.hpp>

#include <boost/json/object.hpp>

#include <string>
#include <string_view>

namespace soteria::backup {

// The namespace of a restore is there and stays. not_found (namespace_not_found), unprocessable
// (namespace_terminating).
boost::asio::awaitable<result<void>> check_namespace_is_open(kube::client& kubernetes, std::string ns,
                                                             async::deadline until);

// That, and the target's name is free. conflict (target_exists).
boost::asio::awaitable<result<void>> check_target_is_free(kube::client& kubernetes, domain::pvc_ref target,
                                                          async::deadline until);

// What admission, quota and validation say of an object, before anything is made. unprocessable (refused_by_cluster);
// conflict where the name is taken.
boost::asio::awaitable<result<void>> rehearse_create(kube::client& kubernetes, kube::resource kind,
                                                     boost::json::object manifest, async::deadline until);

// One effect upon one kind of object in the cluster, for the operation whose uid is `mark`.
struct cluster_effect {
    kube::client& kubernetes;
    std::string mark;
    const effect_budget& budget;

    [[nodiscard]] kube::call_options call() const { return kube::call_options(budget.until, budget.purpose); }
};

// It carries the operation's annotation.
bool carries_mark(const kube::object_meta& meta, std::string_view mark);

// An object's metadata as it is in the cluster now.
boost::asio::awaitable<result<kube::object_meta>> read_meta(cluster_effect of, kube::resource kind, std::string ns,
                                                            std::string name);

// Makes an object whose name may be taken: by us (an earlier attempt; done) or by somebody else (failed with
// `taken_code`). done has its uid as the fact `uid_fact`.
boost::asio::awaitable<step_report> create_ours(cluster_effect of, kube::resource kind, boost::json::object manifest,
                                                std::string_view uid_fact, std::string taken_code);

// Deletes an object if this operation made it; done once it is gone (or was never ours). With `deleting_is_enough` it
// need not be gone yet.
boost::asio::awaitable<step_report> delete_ours(cluster_effect of, kube::resource kind, std::string ns,
                                                std::string name, bool deleting_is_enough);

} // namespace soteria::backup
