#include <soteria/restic/manifests.hpp>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria::restic;
namespace json = boost::json;

namespace {

// "correct horse", and two keys.
json::object good() {
    return {{"AWS_ACCESS_KEY_ID", "QUtJQQ=="},
            {"AWS_SECRET_ACCESS_KEY", "c2VjcmV0LWtleQ=="},
            {"RESTIC_PASSWORD", "Y29ycmVjdCBob3JzZQ=="}};
}

job_order order() {
    job_order one;
    one.ns = "ai";
    one.name = "soteria-backup-llm-cache-20260412-153000";
    one.operation_uid = "op-1";
    return one;
}

void refused(const json::object& data, const std::string& words) {
    const auto trouble = secret_trouble(data);
    BOOST_TEST(trouble.find(words) != std::string::npos, "\"" << trouble << "\" does not say \"" << words << "\"");
}

} // namespace

BOOST_AUTO_TEST_SUITE(the_secret_of_restic)

BOOST_AUTO_TEST_CASE(is_all_right_with_its_three_keys) {
    BOOST_TEST(secret_trouble(good()).empty(), secret_trouble(good()));
}

BOOST_AUTO_TEST_CASE(names_every_key_that_is_missing_or_empty) {
    auto data = good();
    data.erase("AWS_ACCESS_KEY_ID");
    data.erase("RESTIC_PASSWORD");
    refused(data, "it has no AWS_ACCESS_KEY_ID, RESTIC_PASSWORD");
    data = good();
    data["RESTIC_PASSWORD"] = "";
    refused(data, "it has nothing in RESTIC_PASSWORD");
    data["RESTIC_PASSWORD"] = "Cg=="; // a line break alone
    refused(data, "it has nothing in RESTIC_PASSWORD");
    refused({}, "it has no AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, RESTIC_PASSWORD");
}

BOOST_AUTO_TEST_CASE(may_not_have_the_password_of_an_example) {
    for (const auto* each : {"Y2hhbmdlbWU=", "Y2hhbmdlLW1lCg==", "cGFzc3dvcmQ="}) { // changeme, change-me\n, password
        auto data = good();
        data["RESTIC_PASSWORD"] = each;
        refused(data, "is that of an example");
    }
}

BOOST_AUTO_TEST_CASE(may_not_have_a_line_break_in_a_key) {
    auto data = good();
    data["AWS_SECRET_ACCESS_KEY"] = "c2VjcmV0LWtleQo=";
    refused(data, "AWS_SECRET_ACCESS_KEY ends in a line break");
}

BOOST_AUTO_TEST_CASE(is_never_shown) {
    auto data = good();
    data["RESTIC_PASSWORD"] = "not base64!";
    refused(data, "its key RESTIC_PASSWORD is not base64");
    BOOST_TEST(secret_trouble(data).find("not base64!") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(is_copied_for_one_job_and_goes_with_it) {
    auto data = good();
    data["SOMETHING_ELSE"] = "eA==";
    const json::value made = secret_manifest(order(), "job-uid", data);
    BOOST_TEST(made.at("kind").as_string() == "Secret");
    BOOST_TEST(made.at("metadata").at("name").as_string() == "soteria-soteria-backup-llm-cache-20260412-153000-restic");
    BOOST_TEST(made.at("metadata").at("namespace").as_string() == "ai");
    BOOST_TEST(made.at("metadata").at("annotations").at("soteria.dev/operation").as_string() == "op-1");
    BOOST_TEST(made.at("metadata").at("labels").at("app.kubernetes.io/managed-by").as_string() == "soteria");
    BOOST_TEST(
        json::serialize(made.at("metadata").at("ownerReferences")) ==
        R"([{"apiVersion":"batch/v1","kind":"Job","name":"soteria-backup-llm-cache-20260412-153000","uid":"job-uid"}])");
    BOOST_TEST((made.at("data") == good()), json::serialize(made.at("data")));
}

BOOST_AUTO_TEST_CASE(has_no_owner_in_a_dry_run_as_there_is_no_job_yet) {
    const json::value made = secret_manifest(order(), "", good());
    BOOST_TEST(!made.at("metadata").as_object().contains("ownerReferences"));
}

BOOST_AUTO_TEST_CASE(has_a_name_that_kubernetes_takes) {
    BOOST_TEST(secret_name(std::string(300, 'a')).size() == 253U);
    BOOST_TEST(repository_hash("s3:one") != repository_hash("s3:two"));
    BOOST_TEST(repository_hash("s3:one").size() == 10U);
}

BOOST_AUTO_TEST_SUITE_END()
