#include <soteria/kube/decode.hpp>

#include <boost/json/parse.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;
using namespace soteria::kube;

namespace {

boost::json::object parse(std::string_view text) {
    return boost::json::parse(text).as_object();
}

} // namespace

BOOST_AUTO_TEST_SUITE(decoding_kubernetes_objects)

BOOST_AUTO_TEST_CASE(a_bound_claim_shows_all_its_fields) {
    const auto claim = decode_persistent_volume_claim(parse(R"({
        "metadata": {"namespace": "ai", "name": "llm-cache", "uid": "u1", "resourceVersion": "812",
                     "creationTimestamp": "2026-04-12T15:30:00Z", "labels": {"app": "llm"},
                     "annotations": {"a": "b"}, "finalizers": ["kubernetes.io/pvc-protection"], "generation": 3},
        "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "50Gi"}},
                 "storageClassName": "longhorn", "volumeMode": "Block", "volumeName": "pvc-1234"},
        "status": {"phase": "Bound", "capacity": {"storage": "51Gi"}}})"));
    BOOST_REQUIRE(claim);
    BOOST_TEST(claim->meta.ns == "ai");
    BOOST_TEST(claim->meta.name == "llm-cache");
    BOOST_TEST(claim->meta.uid == "u1");
    BOOST_TEST(claim->meta.resource_version == "812");
    BOOST_TEST(format_rfc3339(claim->meta.created_at.value()) == "2026-04-12T15:30:00Z");
    BOOST_TEST(!claim->meta.deleted_at.has_value());
    BOOST_TEST(claim->meta.labels.at("app") == "llm");
    BOOST_TEST(claim->meta.annotations.at("a") == "b");
    BOOST_TEST(claim->meta.finalizers.at(0) == "kubernetes.io/pvc-protection");
    BOOST_TEST(claim->storage_class.value() == "longhorn");
    BOOST_TEST(claim->volume_name == "pvc-1234");
    BOOST_TEST(claim->volume_mode == "Block");
    BOOST_TEST(claim->access_modes.at(0) == "ReadWriteOnce");
    BOOST_TEST(claim->requested == "50Gi");
    BOOST_TEST(claim->capacity == "51Gi");
    BOOST_TEST(claim->phase == "Bound");
}

BOOST_AUTO_TEST_CASE(an_unset_storage_class_is_not_the_empty_one) {
    const auto unset = decode_persistent_volume_claim(parse(R"({"metadata": {"name": "a"}, "spec": {}})"));
    const auto empty =
        decode_persistent_volume_claim(parse(R"({"metadata": {"name": "a"}, "spec": {"storageClassName": ""}})"));
    BOOST_REQUIRE((unset && empty));
    BOOST_TEST(!unset->storage_class.has_value());
    BOOST_TEST(empty->storage_class.value().empty());
    BOOST_TEST(unset->volume_mode == "Filesystem");
}

BOOST_AUTO_TEST_CASE(a_csi_volume_shows_driver_handle_and_claim) {
    const auto volume = decode_persistent_volume(parse(R"({
        "metadata": {"name": "pv1", "uid": "u2", "deletionTimestamp": "2026-04-12T15:30:00Z"},
        "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "mountOptions": ["nolock"],
                 "persistentVolumeReclaimPolicy": "Retain", "storageClassName": "longhorn", "volumeMode": "Filesystem",
                 "claimRef": {"namespace": "ai", "name": "c", "uid": "u3"},
                 "csi": {"driver": "driver.longhorn.io", "volumeHandle": "vol-7", "fsType": "ext4",
                         "volumeAttributes": {"numberOfReplicas": "3"}}},
        "status": {"phase": "Released"}})"));
    BOOST_REQUIRE(volume);
    BOOST_TEST(volume->csi_driver == "driver.longhorn.io");
    BOOST_TEST(volume->csi_volume_handle == "vol-7");
    BOOST_TEST(volume->csi.at("fsType").as_string() == "ext4");
    BOOST_TEST(volume->claim.value().ns == "ai");
    BOOST_TEST(volume->claim.value().name == "c");
    BOOST_TEST(volume->claim.value().uid == "u3");
    BOOST_TEST(volume->reclaim_policy == "Retain");
    BOOST_TEST(volume->mount_options.at(0) == "nolock");
    BOOST_TEST(volume->storage_class == "longhorn");
    BOOST_TEST(volume->capacity == "1Gi");
    BOOST_TEST(volume->phase == "Released");
    BOOST_TEST(volume->meta.deleted_at.has_value());
}

BOOST_AUTO_TEST_CASE(a_volume_of_another_kind_has_no_csi_driver_and_maybe_no_claim) {
    const auto volume = decode_persistent_volume(parse(R"({"metadata": {"name": "pv1"}, "spec": {"nfs": {}}})"));
    BOOST_REQUIRE(volume);
    BOOST_TEST(volume->csi_driver.empty());
    BOOST_TEST(!volume->claim.has_value());
}

BOOST_AUTO_TEST_CASE(classes_and_namespaces) {
    const auto each = decode_storage_class(parse(
        R"({"metadata": {"name": "longhorn"}, "provisioner": "driver.longhorn.io", "volumeBindingMode": "Immediate"})"));
    BOOST_REQUIRE(each);
    BOOST_TEST(each->provisioner == "driver.longhorn.io");
    BOOST_TEST(each->volume_binding_mode == "Immediate");
    const auto ns = decode_namespace(parse(R"({"metadata": {"name": "ai"}, "status": {"phase": "Terminating"}})"));
    BOOST_REQUIRE(ns);
    BOOST_TEST(ns->phase == "Terminating");
}

BOOST_AUTO_TEST_CASE(a_wrong_type_names_the_object_and_the_field) {
    const auto claim = decode_persistent_volume_claim(parse(
        R"({"metadata": {"namespace": "ai", "name": "c"}, "spec": {"resources": {"requests": {"storage": 5}}}})"));
    BOOST_REQUIRE(!claim);
    BOOST_TEST((claim.error().code == errc::bad_answer));
    BOOST_TEST(
        claim.error().message ==
        "The PersistentVolumeClaim ai/c could not be read: The field spec.resources.requests.storage is not a string.");
}

BOOST_AUTO_TEST_CASE(an_object_without_a_name_is_refused) {
    BOOST_TEST(!decode_meta(parse(R"({"metadata": {}})")));
    BOOST_TEST(!decode_meta(parse(R"({})")));
    BOOST_TEST(!decode_meta(parse(R"({"metadata": 5})")));
    BOOST_TEST(!decode_meta(parse(R"({"metadata": {"name": "a", "creationTimestamp": "yesterday"}})")));
    BOOST_TEST(!decode_meta(parse(R"({"metadata": {"name": "a", "labels": {"a": 1}}})")));
}

BOOST_AUTO_TEST_CASE(null_counts_as_absent) {
    const auto meta = decode_meta(parse(R"({"metadata": {"name": "a", "labels": null, "creationTimestamp": null}})"));
    BOOST_REQUIRE(meta);
    BOOST_TEST(meta->labels.empty());
}

BOOST_AUTO_TEST_CASE(managed_fields_are_dropped_and_nothing_else) {
    auto object = parse(R"({"metadata": {"name": "a", "managedFields": [{"manager": "x"}], "uid": "u"}})");
    drop_managed_fields(object);
    BOOST_TEST(boost::json::value(object) == boost::json::value(parse(R"({"metadata": {"name": "a", "uid": "u"}})")));
}

BOOST_AUTO_TEST_CASE(versions_are_ordered_by_length_then_text) {
    BOOST_TEST(newer_version("10", "9"));
    BOOST_TEST(newer_version("10", "09"));
    BOOST_TEST(!newer_version("9", "10"));
    BOOST_TEST(!newer_version("10", "10"));
    BOOST_TEST(newer_version("123456789012345678901234567890", "99999999999999999999999999999"));
    BOOST_TEST(newer_version("1", ""));
}

BOOST_AUTO_TEST_SUITE_END()
