use super::*;

#[tokio::test]
async fn folders_of_jobs_that_nobody_does_any_more_are_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    fs::create_dir_all(path.join("job-3/profile")).unwrap();
    fs::write(path.join("job-3/profile/file"), "x").unwrap();
    fs::write(path.join("other"), "x").unwrap();
    let scratch = Scratch::open(&path, true).await.unwrap();
    assert!(!path.join("job-3").exists() && path.join("other").exists());
    let (one, two) = (scratch.folder(None).unwrap(), scratch.folder(None).unwrap());
    assert_eq!((one.path(), two.path()), (path.join("job-1").as_path(), path.join("job-2").as_path()));
    assert_eq!(fs::metadata(one.path()).unwrap().permissions().mode() & 0o777, 0o700);
    one.remove().await;
    assert!(!path.join("job-1").exists() && path.join("job-2").exists());
}

#[tokio::test]
async fn a_folder_serves_one_program() {
    let folder = tempfile::tempdir().unwrap();
    let first = Scratch::open(folder.path(), true).await.unwrap();
    let kept = first.folder(None).unwrap();
    let second = Scratch::open(folder.path(), true).await.unwrap_err();
    assert!(second.what.ends_with("is used by another Watchword"), "{second}");
    // Who only looks disturbs nobody.
    Scratch::open(folder.path(), false).await.unwrap();
    assert!(kept.path().exists());
    drop(first);
    Scratch::open(folder.path(), true).await.unwrap();
    assert!(!kept.path().exists());
}

#[tokio::test]
async fn a_folder_that_cannot_be_used_is_told() {
    let long = format!("/tmp/{}", "x".repeat(48));
    for (path, told) in [
        ("relative", "is no absolute path of at most 48 bytes"),
        (long.as_str(), "is no absolute path of at most 48 bytes"),
        ("/proc/nobody-writes-here", "cannot be made"),
        ("/proc", "is of no use"),
    ] {
        let error = Scratch::open(Path::new(path), true).await.unwrap_err().to_string();
        assert!(error.contains(told), "{error}");
    }
}

#[tokio::test]
async fn nothing_outside_of_a_job_s_folder_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let scratch = Scratch::open(folder.path(), true).await.unwrap();
    let job = scratch.folder(None).unwrap();
    job.write("lhr-1.json", b"{}").unwrap();
    assert_eq!(job.read("lhr-1.json", 2).await.unwrap(), b"{}");
    fs::create_dir(job.path().join("folder")).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", job.path().join("link")).unwrap();
    rustix::fs::mknodat(rustix::fs::CWD, job.path().join("pipe"), rustix::fs::FileType::Fifo, Mode::RUSR, 0).unwrap();
    for name in ["", ".", "..", "../lock", "/etc/hostname", "folder", "link", "pipe", "missing", ".hidden"] {
        assert!(job.read(name, 1_000).await.is_err(), "{name}");
    }
    assert!(job.read("lhr-1.json", 1).await.is_err(), "larger than it may be");
}

#[test]
fn what_files_take_is_counted_below_the_folder_too() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("a/b")).unwrap();
    fs::write(folder.path().join("a/b/file"), vec![1; 100_000]).unwrap();
    fs::write(folder.path().join("file"), vec![1; 100_000]).unwrap();
    assert!((200_000..400_000).contains(&size(folder.path())), "{}", size(folder.path()));
    assert_eq!(size(&folder.path().join("missing")), 0);
}
