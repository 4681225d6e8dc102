use lighthouse_bridge::{Bridge, Isolation, Unavailable, examine};
use test_support::services;

use crate::support::{GOOD, Worker, audit, config, page, scratch};

#[tokio::test]
async fn flags_alone_keep_pages_to_the_proxy_too() {
    let worker = Worker::with(|config| config.isolation = Isolation::Flags).await;
    let own = page("own").await;
    let html =
        format!("{GOOD}<img src=\"{}\" alt=\"\"><img src=\"http://[::1]:{}/\" alt=\"\">", own.url(), own.addr().port());
    let target = page(&html).await;
    // Everything is refused, the page itself included.
    assert!(audit(&worker.bridge, &target.url(), false).await.is_err());
    assert_eq!((own.requests(), target.requests()), (0, 0));
    assert!(worker.audit(&target.url()).await.is_ok());
    assert!(own.requests() > 0);
    worker.assert_nothing_left();
}

#[tokio::test]
async fn what_is_missing_is_told_with_what_to_do() {
    let scratch = scratch();
    let fine = config(scratch.path());
    let told = async |change: &dyn Fn(&mut lighthouse_bridge::Config)| -> Unavailable {
        let mut config = fine.clone();
        change(&mut config);
        Bridge::find(&config).await.unwrap_err()
    };
    let folder = told(&|config| config.folder = "/nowhere".into()).await;
    assert_told(&folder, "there is no worker with its packages in /nowhere; run `npm ci --omit=dev` in the folder");
    let node = told(&|config| config.node = Some("/nowhere/node".into())).await;
    assert_told(&node, "/nowhere/node was not found: No such file or directory (os error 2); name another one");
    let other = told(&|config| config.node = Some("/bin/true".into())).await;
    assert_told(&other, "/usr/bin/true does not say its version; run `npm ci --omit=dev`");
    let chromium = told(&|config| config.chromium = Some("/nowhere/chromium".into())).await;
    assert_told(&chromium, "/nowhere/chromium was not found");
    let broken = told(&|config| config.chromium = Some("/bin/false".into())).await;
    assert_told(&broken, &format!("the worker in {} does not run: ", services::lighthouse().display()));
    let remote = "http://127.0.0.1:1/".parse().unwrap();
    let remote = told(&move |config| config.remote = Some((Clone::clone(&remote), Default::default()))).await;
    assert_told(&remote, "the worker at http://127.0.0.1:1/ is of no use: the worker could not be spoken to: ");
}

#[track_caller]
fn assert_told(told: &Unavailable, start: &str) {
    assert!(told.to_string().starts_with(start), "{told}");
    assert!(!told.to_string().contains('\n'));
}

#[tokio::test]
async fn the_worker_is_examined_beside_a_running_one() {
    let worker = Worker::start().await;
    let found = examine(&config(worker.scratch.path())).await;
    let versions = worker.bridge.versions();
    let said = format!(
        "Lighthouse {} audits pages in Chromium {} in namespaces of its own, on Node {}",
        versions.lighthouse, versions.chromium, versions.node
    );
    assert_eq!((found.len(), found[0].what.as_str(), found[0].mend.as_deref()), (1, said.as_str(), None));
    worker.assert_nothing_left();
}
