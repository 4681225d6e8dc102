use monitor_core::http::Auth;
use monitor_core::monitor::CheckSpec;
use monitor_core::outcome::{Outcome, Reason};
use monitor_core::secret::Secret;
use probes::Check;
use test_support::targets::{Answer, answering};

use crate::{AMPLE, outbound, run, run_settings, secret, settings, spec};

fn assert_tells_nothing(outcome: &Outcome) {
    let told = format!("{outcome:?}{}", serde_json::to_string(outcome).unwrap());
    for secret in ["hunter2", "aHVudGVyOmh1bnRlcjI=", "s3cr3t"] {
        assert!(!told.contains(secret), "{told}");
    }
}

#[tokio::test]
async fn an_echo_of_the_request_tells_no_secret() {
    let echo = format!("{} Basic aHVudGVyOmh1bnRlcjI= hunter2 {}", "x".repeat(50), "s3cr3t".repeat(10));
    let target = answering(Answer::ok(echo)).await;
    let mut spec = spec(&format!("{}?key=hunter2", target.url()));
    spec.auth = Some(Auth::Basic { user: "hunter".into(), password: Secret::new("hunter2") });
    spec.headers = vec![secret("X-Key", "s3cr3t")];
    let never = settings(CheckSpec::Http(spec.clone()), &["body matches /^never$/"]);
    let outcome = run_settings(&never, &outbound(), AMPLE).await;
    assert_eq!(outcome.reason, Reason::BodyMismatch);
    assert!(outcome.message.contains("***"), "{}", outcome.message);
    assert_tells_nothing(&outcome);
    // Cut off at the excerpt's end, a secret would show its beginning.
    assert!(!outcome.message.contains("s3c") && !outcome.message.contains("aHVud"), "{}", outcome.message);

    target.set(Answer::ok(r#"{"you": {"sent": "s3cr3t"}}"#));
    let nothing = settings(CheckSpec::Http(spec), &["json $.you.sent == nothing"]);
    let outcome = run_settings(&nothing, &outbound(), AMPLE).await;
    assert_eq!(
        (outcome.reason, outcome.message.as_str()),
        (Reason::JsonMismatch, r#"expected json $.you.sent == "nothing", saw "***""#)
    );
    assert_tells_nothing(&outcome);
}

#[tokio::test]
async fn a_redirect_that_repeats_a_secret_tells_none() {
    for location in ["/hunter2?hunter2#hunter2", "ftp://hunter2/", "http://:hunter2:/", "http://u:hunter2@[::]/s3cr3t"]
    {
        let target = answering(Answer::redirect(302, location)).await;
        let mut spec = spec(&target.url());
        spec.auth = Some(Auth::Bearer(Secret::new("hunter2")));
        spec.headers = vec![secret("X-Key", "s3cr3t")];
        spec.max_redirects = 1;
        let outcome = run(spec).await;
        assert_ne!(outcome.reason, Reason::Ok);
        assert_tells_nothing(&outcome);
    }
}

#[test]
fn a_compiled_check_shows_no_secret() {
    let mut spec = spec("https://shop.example/health?token=hunter2");
    spec.auth = Some(Auth::Bearer(Secret::new("hunter2")));
    let check = Check::compile(&settings(CheckSpec::Http(spec), &[])).unwrap();
    let shown = format!("{check:?}");
    assert!(shown.contains("http") && !shown.contains("hunter2"), "{shown}");
}
