#include "source/web/posted.hpp"

#include <boost/test/unit_test.hpp>

namespace soteria::web {
namespace {

using domain::operation_kind;

// "400 unknown_field: the sentence", or "ok"
std::string said(const result<posted_request>& outcome) {
    if (outcome)
        return "ok";
    const auto status = outcome.error().code == errc::invalid         ? "400 "
                        : outcome.error().code == errc::unprocessable ? "422 "
                                                                      : "? ";
    return status + outcome.error().reason + ": " + outcome.error().message;
}

std::string code(const result<posted_request>& outcome) {
    const auto text = said(outcome);
    return text.substr(0, text.find(':'));
}

const configured_drivers longhorn{std::string_view("longhorn")};
const configured_drivers restic{std::string_view("restic")};
const configured_drivers both{"longhorn", {"longhorn", "restic"}};

result<posted_request> backup(std::string_view body) {
    return read_backup(body, longhorn);
}

// The members that a restore needs, and more.
result<posted_request> restore(const std::string& more, operation_kind kind = operation_kind::restore) {
    return read_restore(R"({"namespace":"ai","pvc":"llm-cache","target_pvc":"restore-llm-cache")" + more + "}", kind,
                        longhorn);
}

} // namespace

BOOST_AUTO_TEST_SUITE(a_posted_backup)

BOOST_AUTO_TEST_CASE(is_read_whole) {
    const auto made =
        backup(R"({"namespace":"ai","pvc":"llm.cache","tags":["service=llm","x"],"dry_run":true,"driver":"longhorn"})")
            .value();
    BOOST_TEST(made.request.source.text() == "ai/llm.cache");
    BOOST_TEST(made.request.tags == (std::vector<std::string>{"service=llm", "x"}), boost::test_tools::per_element());
    BOOST_TEST(made.request.driver == "longhorn");
    BOOST_TEST(made.dry_run);
}

BOOST_AUTO_TEST_CASE(takes_null_for_absent) {
    const auto made = backup(R"({"namespace":"ai","pvc":"x","tags":null,"dry_run":null,"driver":null})").value();
    BOOST_TEST(!made.dry_run);
    BOOST_TEST(made.request.tags.empty());
    BOOST_TEST(code(backup(R"({"namespace":null,"pvc":"x"})")) == "400 missing_field");
}

BOOST_AUTO_TEST_CASE(that_is_no_json_object_is_refused) {
    for (const auto* body : {"", "  \n", "{", "[]", "\"x\"", "null", "{\"a\":1}x", "{'a':1}", "{\"namespace\":\"a\",}",
                             "{\"namespace\":\"\xff\"}"})
        BOOST_TEST(code(backup(body)) == "400 malformed_json", body);
    const std::string deep = R"({"tags":)" + std::string(40, '[') + std::string(40, ']') + "}";
    BOOST_TEST(code(backup(deep)) == "400 malformed_json");
}

BOOST_AUTO_TEST_CASE(with_an_unknown_field_is_refused_and_the_near_one_named) {
    BOOST_TEST(said(backup(R"({"namespace":"ai","pvc":"x","dryrun":true})")) ==
               "400 unknown_field: unknown field \"dryrun\"; did you mean \"dry_run\"?");
    BOOST_TEST(said(backup(R"({"namespace":"ai","pvc":"x","colour":null})")) ==
               "400 unknown_field: unknown field \"colour\"; accepted are namespace, pvc, tags, dry_run, driver");
    BOOST_TEST(code(backup(R"({"namespace":"ai","pvc":"x","snapshot":"latest"})")) == "400 unknown_field");
}

BOOST_AUTO_TEST_CASE(with_a_field_twice_is_refused_and_the_field_named) {
    BOOST_TEST(said(backup(R"({"namespace":"ai","pvc":"x","dry_run":true,"dry_run":false})")) ==
               "400 duplicate_field: the field \"dry_run\" is given twice");
    // The same name, spelt with an escape.
    BOOST_TEST(code(backup(R"({"namespace":"ai","pvc":"x","dry_run":true,"dry\u005frun":false})")) ==
               "400 duplicate_field");
    BOOST_TEST(code(backup(R"({"namespace":"ai","pvc":"x","pvc":"x"})")) == "400 duplicate_field");
}

BOOST_AUTO_TEST_CASE(with_a_wrong_type_is_refused_and_the_field_named) {
    BOOST_TEST(said(backup(R"({"namespace":"ai","pvc":7})")) == "400 wrong_type: the field \"pvc\" must be a string");
    BOOST_TEST(said(backup(R"({"namespace":"ai","pvc":"x","dry_run":"true"})")) ==
               "400 wrong_type: the field \"dry_run\" must be true or false");
    BOOST_TEST(said(backup(R"({"namespace":"ai","pvc":"x","tags":"a=b"})")) ==
               "400 wrong_type: the field \"tags\" must be an array of strings");
    BOOST_TEST(code(backup(R"({"namespace":"ai","pvc":"x","tags":["a",1]})")) == "400 wrong_type");
    BOOST_TEST(code(backup(R"({"namespace":{},"pvc":"x"})")) == "400 wrong_type");
}

BOOST_AUTO_TEST_CASE(without_names_or_with_ones_that_kubernetes_refuses_is_refused) {
    BOOST_TEST(said(backup(R"({"pvc":"x"})")) == "400 missing_field: the field \"namespace\" is missing");
    BOOST_TEST(said(backup(R"({"namespace":"ai"})")) == "400 missing_field: the field \"pvc\" is missing");
    for (const auto* body :
         {R"({"namespace":"","pvc":"x"})", R"({"namespace":"a.b","pvc":"x"})", R"({"namespace":"AI","pvc":"x"})",
          R"({"namespace":"ai","pvc":"X"})", R"({"namespace":"ai","pvc":"-x"})", R"({"namespace":"ai","pvc":"../x"})"})
        BOOST_TEST(code(backup(body)) == "400 invalid_name", body);
}

BOOST_AUTO_TEST_CASE(with_bad_tags_is_refused) {
    const auto with_tag = [](const std::string& tag) {
        return backup(R"({"namespace":"ai","pvc":"x","tags":[")" + tag + "\"]}");
    };
    BOOST_TEST(code(with_tag("a=")) == "400 invalid_tags");
    BOOST_TEST(code(with_tag("")) == "400 invalid_tags");
    BOOST_TEST(code(with_tag("no blanks=x")) == "400 invalid_tags");
    BOOST_TEST(code(with_tag("KubernetesStatus=x")) == "422 reserved_tag");
    BOOST_TEST(code(with_tag("soteria.dev/x=y")) == "422 reserved_tag");
    BOOST_TEST(code(backup(R"({"namespace":"ai","pvc":"x","tags":["a=1","a=2"]})")) == "400 invalid_tags");
}

BOOST_AUTO_TEST_CASE(for_another_driver_is_refused_and_ours_named) {
    BOOST_TEST(said(backup(R"({"namespace":"ai","pvc":"x","driver":"restic"})")) ==
               "422 driver_not_configured: \"driver\": \"restic\" is not configured here; this service uses longhorn");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_posted_restore)

BOOST_AUTO_TEST_CASE(is_read_whole) {
    const auto made =
        restore(R"(,"snapshot":"soteria-backup-1","target_namespace":"lab","dry_run":true,"driver":"longhorn",
        "storage_class":"longhorn-2","capacity":"60Gi","access_modes":["ReadWriteOnce","ReadOnlyMany"],"allow_foreign":true)")
            .value();
    BOOST_TEST(made.request.source.text() == "ai/llm-cache");
    BOOST_TEST(made.request.target.text() == "lab/restore-llm-cache");
    BOOST_TEST(made.request.snapshot == "soteria-backup-1");
    BOOST_TEST(made.request.backup_url == "");
    BOOST_TEST(made.request.storage_class == "longhorn-2");
    BOOST_TEST(made.request.capacity == "60Gi");
    BOOST_TEST(made.request.access_modes == (std::vector<std::string>{"ReadWriteOnce", "ReadOnlyMany"}),
               boost::test_tools::per_element());
    BOOST_TEST(made.request.allow_foreign);
    BOOST_TEST(made.dry_run);
}

BOOST_AUTO_TEST_CASE(has_these_defaults) {
    const auto made = restore("").value();
    BOOST_TEST(made.request.target.ns == "ai");
    BOOST_TEST(made.request.snapshot == "latest");
    BOOST_TEST(!made.request.allow_foreign);
    BOOST_TEST(!made.dry_run);
}

BOOST_AUTO_TEST_CASE(by_url_has_no_snapshot) {
    const auto made = restore(R"(,"backup_url":"s3://b@r/?backup=backup-1&volume=v")").value();
    BOOST_TEST(made.request.snapshot == "");
    BOOST_TEST(made.request.backup_url == "s3://b@r/?backup=backup-1&volume=v");
}

BOOST_AUTO_TEST_CASE(by_snapshot_and_url_at_once_is_refused) {
    BOOST_TEST(code(restore(R"(,"snapshot":"latest","backup_url":"s3://x")")) == "400 conflicting_fields");
    BOOST_TEST(code(restore(R"(,"snapshot":null,"backup_url":"s3://x")")) == "ok");
}

BOOST_AUTO_TEST_CASE(with_bad_values_is_refused) {
    BOOST_TEST(code(restore(R"(,"snapshot":"")")) == "400 invalid_snapshot");
    BOOST_TEST(code(restore(R"(,"snapshot":"a b")")) == "400 invalid_snapshot");
    BOOST_TEST(code(restore(R"(,"backup_url":"")")) == "400 invalid_backup_url");
    BOOST_TEST(code(restore(R"(,"backup_url":"s3://x\n")")) == "400 invalid_backup_url");
    BOOST_TEST(code(restore(R"(,"target_namespace":"A")")) == "400 invalid_name");
    BOOST_TEST(code(restore(R"(,"storage_class":"")")) == "400 invalid_name");
    for (const auto* capacity : {"", "0", "50 Gi", "-1", "ten"})
        BOOST_TEST(code(restore(R"(,"capacity":")" + std::string(capacity) + "\"")) == "400 invalid_quantity",
                   capacity);
    for (const auto* modes : {"[]", R"(["RWO"])", R"(["ReadWriteOnce","ReadWriteOnce"])"})
        BOOST_TEST(code(restore(R"(,"access_modes":)" + std::string(modes))) == "400 invalid_access_modes", modes);
    BOOST_TEST(code(restore(R"(,"allow_foreign":1)")) == "400 wrong_type");
}

BOOST_AUTO_TEST_CASE(needs_a_target) {
    const auto made = read_restore(R"({"namespace":"ai","pvc":"x"})", operation_kind::restore, longhorn);
    BOOST_TEST(said(made) == "400 missing_field: the field \"target_pvc\" is missing");
}

BOOST_AUTO_TEST_CASE(with_verify_is_refused_by_longhorn_whatever_its_value) {
    BOOST_TEST(code(restore(R"(,"verify":true)")) == "422 unsupported_field");
    BOOST_TEST(code(restore(R"(,"verify":false)")) == "422 unsupported_field");
    BOOST_TEST(code(restore(R"(,"verify":null)")) == "ok");
}

BOOST_AUTO_TEST_CASE(as_a_test_may_not_leave_out_what_only_restic_can_do_without) {
    const auto test = [](std::string_view body) {
        return code(read_restore(body, operation_kind::restore_test, longhorn));
    };
    BOOST_TEST(test(R"({"namespace":"ai"})") == "422 pvc_required");
    BOOST_TEST(test(R"({"namespace":"ai","pvc":"x"})") == "422 target_pvc_required");
    BOOST_TEST(test(R"({"namespace":"ai","pvc":"x","target_pvc":"y"})") == "ok");
    BOOST_TEST(test(R"({"pvc":"x","target_pvc":"y"})") == "400 missing_field");
}

BOOST_AUTO_TEST_SUITE_END()

BOOST_AUTO_TEST_SUITE(a_request_under_restic)

constexpr const char* named_backup = R"({"namespace":"ai","pvc":"x","driver":"restic","tags":["k=v","alone"]})";
constexpr const char* whole = R"({"namespace":"ai","pvc":"x","target_pvc":"y")";

std::string code_of_test(const std::string& body, const configured_drivers& drivers = restic) {
    return code(read_restore(body, operation_kind::restore_test, drivers));
}

BOOST_AUTO_TEST_CASE(may_name_each_driver_that_is_configured_and_no_other) {
    BOOST_TEST(read_backup(named_backup, both).value().request.driver == "restic");
    BOOST_TEST(said(read_backup(named_backup, longhorn)) ==
               "422 driver_not_configured: \"driver\": \"restic\" is not configured here; this service uses longhorn");
    BOOST_TEST(said(read_backup(R"({"namespace":"ai","pvc":"x","driver":"tape"})", both)) ==
               "422 driver_not_configured: \"driver\": \"tape\" is not configured here; this service uses longhorn and "
               "restic");
}

BOOST_AUTO_TEST_CASE(that_names_none_gets_the_configured_one_and_a_restore_that_of_its_backup) {
    BOOST_TEST(read_backup(R"({"namespace":"ai","pvc":"x"})", both).value().request.driver == "longhorn");
    const auto left_open = read_restore(whole + std::string("}"), operation_kind::restore, both).value();
    BOOST_TEST(left_open.request.driver == "");
    const auto only_one = read_restore(whole + std::string("}"), operation_kind::restore, restic).value();
    BOOST_TEST(only_one.request.driver == "restic");
}

BOOST_AUTO_TEST_CASE(has_tags_without_a_comma_and_without_our_prefix) {
    const auto tagged = [](const std::string& tag) {
        return code(read_backup(R"({"namespace":"ai","pvc":"x","tags":[")" + tag + R"("]})", restic));
    };
    BOOST_TEST(tagged("KubernetesStatus") == "ok");
    BOOST_TEST(tagged("a,b").starts_with("400 "));
    BOOST_TEST(tagged("soteria:uid=x").starts_with("400 "));
}

BOOST_AUTO_TEST_CASE(may_ask_for_verification_or_for_none) {
    for (const auto* verify : {"true", "false"}) {
        const auto made =
            read_restore(whole + std::string(",\"verify\":") + verify + "}", operation_kind::restore, both);
        BOOST_REQUIRE(made);
        BOOST_TEST(made->request.driver == "restic");
        BOOST_TEST(made->request.verify == (verify == std::string_view("true")));
    }
    const auto refused =
        read_restore(whole + std::string(R"(,"verify":true,"driver":"longhorn"})"), operation_kind::restore, both);
    BOOST_TEST(code(refused) == "422 unsupported_field");
}

BOOST_AUTO_TEST_CASE(has_no_backup_url) {
    BOOST_TEST(code(read_restore(whole + std::string(R"(,"backup_url":"s3://x"})"), operation_kind::restore, restic)) ==
               "422 unsupported_field");
}

BOOST_AUTO_TEST_CASE(as_a_test_may_leave_out_the_pvc_and_the_target) {
    const auto made = read_restore(R"({"namespace":"ai"})", operation_kind::restore_test, both).value();
    BOOST_TEST(made.request.driver == "restic");
    BOOST_TEST(made.request.source.name == "");
    BOOST_TEST(made.request.target.name == "");
    BOOST_TEST(made.request.target.ns == "ai");
    BOOST_TEST(made.request.snapshot == "latest");
    BOOST_TEST(code_of_test(R"({"namespace":"ai","pvc":"x"})") == "ok");
    BOOST_TEST(code_of_test(R"({"namespace":"ai","target_pvc":"y"})") == "ok");
    BOOST_TEST(code_of_test(R"({"namespace":"ai","driver":"longhorn"})", both) == "422 pvc_required");
}

BOOST_AUTO_TEST_CASE(as_a_test_without_a_target_has_none_of_its_properties) {
    for (const auto* field :
         {R"("storage_class":"fast")", R"("capacity":"1Gi")", R"("access_modes":["ReadWriteOnce"])"}) {
        const auto body = std::string(R"({"namespace":"ai","pvc":"x",)") + field;
        BOOST_TEST(code_of_test(body + "}") == "422 unsupported_field", field);
        BOOST_TEST(code_of_test(body + R"(,"target_pvc":"y"})") == "ok", field);
    }
}

BOOST_AUTO_TEST_CASE(that_is_no_test_needs_both) {
    BOOST_TEST(code(read_restore(R"({"namespace":"ai","pvc":"x"})", operation_kind::restore, restic)) ==
               "400 missing_field");
    BOOST_TEST(code(read_restore(R"({"namespace":"ai","target_pvc":"x"})", operation_kind::restore, restic)) ==
               "400 missing_field");
}

BOOST_AUTO_TEST_SUITE_END()

} // namespace soteria::web
