// The claim and the PV of a restore, as they are created.
#pragma once

#include <soteria/domain/operation.hpp>

#include <boost/json/object.hpp>

#include <cstdint>
#include <map>
#include <string>

namespace soteria::backup {

// What both are made from: the facts of a record, or what a plan has resolved (see facts.hpp).
using resolved_facts = std::map<std::string, std::string>;

std::string fact_of(const resolved_facts& facts, std::string_view key);

// `operation_uid` empty: a dry run. `volume` is the name of the Longhorn volume and of the PV; empty (restic): the
// storage class makes one. Without the fact `storage_class` the cluster's default one does.
boost::json::object claim_manifest(const domain::pvc_ref& target, const domain::pvc_ref& source,
                                   const resolved_facts& facts, const std::string& volume,
                                   const std::string& operation_uid);

// `claim_uid` empty: a dry run. Capacity is the volume's real size; the policy is Retain, so that deleting the claim
// never deletes the data.
boost::json::object persistent_volume_manifest(const domain::pvc_ref& target, const resolved_facts& facts,
                                               const std::string& volume, const std::string& operation_uid,
                                               const std::string& claim_uid);

} // namespace soteria::backup
