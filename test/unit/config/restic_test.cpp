// What the restic variables mean together.
#include <soteria/config/load.hpp>

#include <boost/test/data/test_case.hpp>
#include <boost/test/unit_test.hpp>

using namespace soteria;

namespace {

constexpr const char* repository = "SOTERIA_RESTIC_REPOSITORY";
constexpr const char* endpoint = "SOTERIA_S3_ENDPOINT";

std::string refusal(const config::environment& from) {
    const auto outcome = config::load(from);
    return outcome ? "accepted" : outcome.error().message;
}

bool mentions(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct location {
    std::string repository;
    std::string endpoint;
    std::string becomes; // or a part of the refusal
};

std::ostream& operator<<(std::ostream& out, const location& each) {
    return out << each.repository << " with " << each.endpoint;
}

const std::vector<location> usable = {
    {"s3:s3.us-west-004.backblazeb2.com/atlas-backups", "", "s3:s3.us-west-004.backblazeb2.com/atlas-backups"},
    {"s3:https://s3.example:9000/atlas/in/it/", "", "s3:https://s3.example:9000/atlas/in/it"},
    {"s3:http://minio/atlas", "", "s3:http://minio/atlas"},
    {"s3:minio:9000/atlas", "", "s3:minio:9000/atlas"},
    {"s3://s3.example/atlas", "", "s3:s3.example/atlas"},
    {"s3:atlas", "s3.example", "s3:s3.example/atlas"},
    {"s3:atlas/path/deep", "https://s3.example/", "s3:https://s3.example/atlas/path/deep"},
    {"s3:atlas", "http://minio:9000", "s3:http://minio:9000/atlas"},
    {"s3:s3.example/atlas", "https://S3.example:443", "s3:s3.example/atlas"},
    {"s3:http://minio:80/atlas", "http://minio", "s3:http://minio:80/atlas"},
};

const std::vector<location> unusable = {
    {"atlas", "", "must be s3:<host>/<bucket>"},
    {"/srv/backups", "", "must be s3:<host>/<bucket>"},
    {"rest:http://server/", "", "must be s3:<host>/<bucket>"},
    {"s3:https://key:hush@s3.example/atlas", "", "belong into the Secret"},
    {"s3:s3.example/atlas?region=eu", "", "must be s3:<host>/<bucket>"},
    {"s3:s3.example/at las", "", "must be s3:<host>/<bucket>"},
    {"s3:s3.example", "", "names no bucket"},
    {"s3:s3.example/", "", "names no bucket"},
    {"s3:", "s3.example", "names no bucket"},
    {"s3:atlas", "", "set SOTERIA_S3_ENDPOINT"},
    {"s3:minio/atlas", "", "set SOTERIA_S3_ENDPOINT"},
    {"s3:atlas", "s3.example/atlas", "without a path"},
    {"s3:s3.example/atlas", "s3.elsewhere", "name different endpoints"},
    {"s3:s3.example/atlas", "http://s3.example", "name different endpoints"},
    {"s3:s3.example:9000/atlas", "s3.example", "name different endpoints"},
};

struct word {
    std::string variable;
    std::string given;
    std::string named; // in the refusal; empty: accepted
};

std::ostream& operator<<(std::ostream& out, const word& each) {
    return out << each.variable << "=" << each.given;
}

const std::string backup_args = "SOTERIA_RESTIC_BACKUP_ARGS";
const std::string forget_args = "SOTERIA_RESTIC_FORGET_ARGS";

const std::vector<word> words = {
    {backup_args, "--host x", "--host"},
    {backup_args, "--host=x", "--host"},
    {backup_args, "--tag a", "--tag"},
    {backup_args, "--group-by=paths", "--group-by"},
    {backup_args, "--repo s3:x", "--repo"},
    {backup_args, "--repository-file=/x", "--repository-file"},
    {backup_args, "--password-file /x", "--password-file"},
    {backup_args, "--password-command=x", "--password-command"},
    {backup_args, "--json", "--json"},
    {backup_args, "--stdin", "--stdin"},
    {backup_args, "--stdin-filename=x", "--stdin-filename"},
    {backup_args, "--path=/x", "--path"},
    {backup_args, "-r s3:x", "-r"},
    {backup_args, "-p/x", "-p/x"},
    {backup_args, "-H other", "-H"},
    {backup_args, "-vr x", "-vr"},
    {backup_args, "--one-file-system --exclude=*.tmp -v", ""},
    {backup_args, "-er*", ""}, // the pattern of -e
    {backup_args, "--exclude-caches --tagged", ""},
    {forget_args, "--keep-daily 7 --keep-tag gold --prune", ""},
    {forget_args, "-H 24 -d 7", ""}, // here -H is --keep-hourly
    {forget_args, "--keep-last 1 --tag gold", "--tag"},
    {forget_args, "-g paths", "-g"},
    {forget_args, "--path /x", "--path"},
    {forget_args, "--repo=x", "--repo"},
};

} // namespace

BOOST_AUTO_TEST_SUITE(the_restic_variables_are_understood_together)

BOOST_DATA_TEST_CASE(a_repository_gets_its_endpoint, boost::unit_test::data::make(usable), each) {
    const auto outcome = config::load({{repository, each.repository}, {endpoint, each.endpoint}});
    BOOST_REQUIRE_MESSAGE(outcome, (outcome ? "" : outcome.error().message));
    BOOST_TEST(outcome->values.restic.repository == each.becomes);
}

BOOST_DATA_TEST_CASE(a_repository_that_cannot_be_one_is_refused_without_showing_it,
                     boost::unit_test::data::make(unusable), each) {
    const auto message = refusal({{repository, each.repository}, {endpoint, each.endpoint}});
    BOOST_TEST(mentions(message, each.becomes), message);
    BOOST_TEST(!mentions(message, "hush"), message);
}

BOOST_DATA_TEST_CASE(an_argument_that_soteria_gives_itself_is_refused, boost::unit_test::data::make(words), each) {
    const auto message = refusal({{each.variable, each.given}});
    if (each.named.empty())
        BOOST_TEST(message == "accepted");
    else
        BOOST_TEST(mentions(message, each.variable + " may not hold " + each.named + ":"), message);
}

BOOST_AUTO_TEST_CASE(the_restic_driver_needs_a_repository) {
    BOOST_TEST(mentions(refusal({{"SOTERIA_BACKUP_DRIVER", "restic"}}), "SOTERIA_RESTIC_REPOSITORY must be set"));
}

BOOST_AUTO_TEST_CASE(longhorn_is_there_by_default_or_where_its_url_is_given) {
    const auto longhorn = [](const config::environment& from) { return config::load(from).value().values.longhorn; };
    BOOST_TEST(longhorn({}));
    BOOST_TEST(longhorn({{repository, "s3:s3.example/atlas"}}));
    BOOST_TEST(!longhorn({{"SOTERIA_BACKUP_DRIVER", "restic"}, {repository, "s3:s3.example/atlas"}}));
    BOOST_TEST(!longhorn(
        {{"SOTERIA_BACKUP_DRIVER", "restic"}, {repository, "s3:s3.example/atlas"}, {"SOTERIA_LONGHORN_URL", " "}}));
    BOOST_TEST(longhorn({{"SOTERIA_BACKUP_DRIVER", "restic"},
                         {repository, "s3:s3.example/atlas"},
                         {"SOTERIA_LONGHORN_URL", "http://longhorn-backend.longhorn-system.svc:9500"}}));
}

BOOST_AUTO_TEST_CASE(a_job_may_not_ask_for_more_than_its_limit) {
    BOOST_TEST(mentions(refusal({{"SOTERIA_JOB_CPU_REQUEST", "2500m"}}), "more than SOTERIA_JOB_CPU_LIMIT"));
    BOOST_TEST(refusal({{"SOTERIA_JOB_CPU_REQUEST", "0.5"}, {"SOTERIA_JOB_CPU_LIMIT", "500m"}}) == "accepted");
    BOOST_TEST(mentions(refusal({{"SOTERIA_JOB_MEMORY_REQUEST", "3Gi"}}), "more than SOTERIA_JOB_MEMORY_LIMIT"));
}

BOOST_AUTO_TEST_SUITE_END()
