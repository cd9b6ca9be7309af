use super::*;

fn names(dir: &Path) -> Vec<String> {
    let mut names: Vec<_> =
        fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

#[test]
fn a_failed_write_leaves_the_old_file_and_nothing_else() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("sub/a.txt");
    write_atomic(&path, b"old").unwrap();
    let failed = write_atomic_with(&path, |w| {
        w.write_all(b"half")?;
        Err::<(), _>(io::Error::from(ErrorKind::StorageFull))
    });
    assert!(failed.unwrap_err().to_string().contains("disk full"));
    assert_eq!(read(&path).unwrap(), b"old");
    assert_eq!(names(&dir.path().join("sub")), ["a.txt"]);
    write_atomic(&path, b"new").unwrap();
    assert_eq!(read(&path).unwrap(), b"new");
}

#[test]
fn a_really_full_disk_is_called_so() {
    // Linux has a device that is always full.
    if Path::new("/dev/full").exists() {
        let mut file = OpenOptions::new().write(true).open("/dev/full").unwrap();
        let source = file.write_all(b"x").unwrap_err();
        let message = FileError::new(Path::new("x.bin"), "writing", source).to_string();
        assert!(message.starts_with("x.bin: disk full"), "{message}");
    }
}

#[test]
fn a_folder_appears_whole_replaces_and_is_removed_when_dropped() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("step-1");
    for content in ["one", "two"] {
        let pending = PendingDir::new(&target).unwrap();
        write_atomic(&pending.path().join("a"), content.as_bytes()).unwrap();
        pending.commit().unwrap();
        assert_eq!(fs::read_to_string(target.join("a")).unwrap(), content);
    }
    drop(PendingDir::new(&target).unwrap());
    assert_eq!(names(dir.path()), ["step-1"]);
}

#[test]
fn a_lock_is_held_by_one_at_a_time() {
    let dir = tempfile::tempdir().unwrap();
    let (path, inside) = (dir.path().join("cache"), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let _lock = Lock::new(&path).unwrap();
                assert_eq!(inside.fetch_add(1, Ordering::SeqCst), 0);
                std::thread::sleep(std::time::Duration::from_millis(5));
                inside.fetch_sub(1, Ordering::SeqCst);
            });
        }
    });
    assert_eq!(names(dir.path()), [".cache.lock"]);
}

#[test]
fn a_lock_that_is_taken_says_by_whom_and_dies_with_its_holder() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run/.lock");
    let held = Lock::try_new(&path, "process 1").unwrap().unwrap();
    assert_eq!(Lock::try_new(&path, "process 2").unwrap().unwrap_err(), "process 1");
    drop(held);
    assert!(Lock::try_new(&path, "process 2").unwrap().is_ok());
    assert_eq!(read(&path).unwrap(), b"process 2");
}

#[test]
fn what_was_left_half_done_is_swept_away() {
    let dir = tempfile::tempdir().unwrap();
    write_atomic(&dir.path().join("kept/a"), b"a").unwrap();
    write_atomic(&dir.path().join(".kept.7-0-1.tmp/a"), b"a").unwrap();
    write_atomic(&dir.path().join(".b.7-1-1.tmp"), b"b").unwrap();
    sweep(dir.path());
    assert_eq!(names(dir.path()), ["kept"]);
    remove_dir(&dir.path().join("kept")).unwrap();
    assert_eq!(names(dir.path()), [""; 0]);
}

#[test]
fn hashes_agree_and_a_missing_file_is_named() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a");
    let bytes = vec![7; 600_000];
    write_atomic(&path, &bytes).unwrap();
    assert_eq!(hash_file(&path).unwrap(), Fingerprint { bytes: 600_000, blake3: hash_bytes(&bytes) });
    let message = hash_file(&dir.path().join("b")).unwrap_err().to_string();
    assert!(message.contains("b: no such file"), "{message}");
}

#[test]
fn a_pointer_of_git_lfs_is_no_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.json");
    fs::write(&path, "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345678\n").unwrap();
    assert!(read(&path).unwrap_err().to_string().contains("git lfs pull"));
    fs::write(&path, "version https://git-lfs.github.com is a page").unwrap();
    read(&path).unwrap();
}
