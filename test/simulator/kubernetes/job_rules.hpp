// Defaults and checks of Jobs and of what Pods are to be, as far as those who make Jobs may trip over them.
#pragma once

#include "test/simulator/kubernetes/status.hpp"

#include <vector>

namespace simulator::api {

void fill_pod_spec(json::object& spec);
void fill_job_spec(json::object& job);
// The selector and the labels that tie its Pods to it. It has its uid.
void fill_new_job(json::object& job);

void check_job(const json::object& job, std::vector<cause>& causes);
// `field`: the path of the spec, "spec" or "spec.template.spec".
void check_pod_spec(const json::object& object, const std::string& field, std::vector<cause>& causes);
// The template never changes, apart from where its Pods may run while the Job has not started.
void check_job_change(const json::object& before, const json::object& after, std::vector<cause>& causes);

} // namespace simulator::api
