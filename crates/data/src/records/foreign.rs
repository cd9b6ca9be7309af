//! Files of other programs, by their names and their first bytes, and what to do with them.

use std::path::Path;

const SPREADSHEET: &str =
    "this is a spreadsheet (or another zip archive): save the sheet as CSV in UTF-8 and read that";
const DOCUMENT: &str = "this is a document of an office program: save its text as .txt in UTF-8 and read that";
const PDF: &str = "this is a PDF: write its text into a .txt file (pdftotext does) and read that";
const ARCHIVE: &str = "this is an archive: unpack it and name a file, a folder or a pattern such as folder/**/*.txt";
const ARROW: &str = "this is an Arrow or Feather file: write it as Parquet (datasets: to_parquet)";
const PICKLE: &str = "this holds objects of a program and not records: write them as .jsonl, .csv or .parquet";
const DATABASE: &str = "this is a database: export the table as CSV";
const MARKUP: &str =
    "this is a page of the web or another XML file: write its text into a .txt file, or its records as .jsonl";
const POINTER: &str = "this is a pointer of Git LFS and not the file itself: fetch it with `git lfs pull`";

/// What a file is whose ending is known and cannot be read.
pub(super) fn by_name(path: &Path) -> Option<&'static str> {
    let name = path.file_name()?.to_string_lossy().to_lowercase();
    Some(match name.rsplit_once('.')?.1 {
        "xlsx" | "xls" | "xlsm" | "ods" | "numbers" => SPREADSHEET,
        "docx" | "doc" | "odt" | "rtf" | "pages" | "epub" => DOCUMENT,
        "pdf" => PDF,
        "zip" | "tar" | "7z" | "rar" | "tgz" => ARCHIVE,
        "arrow" | "feather" | "ipc" => ARROW,
        "pkl" | "pickle" | "npy" | "npz" | "pt" | "rds" | "rda" | "sav" | "dta" => PICKLE,
        "db" | "sqlite" | "sqlite3" => DATABASE,
        "html" | "htm" | "xml" => MARKUP,
        _ => return None,
    })
}

/// What a file is that begins with `start`, whatever its name.
pub(super) fn by_content(start: &[u8]) -> Option<&'static str> {
    let known: [(&[u8], &str); 10] = [
        (b"PK\x03\x04", SPREADSHEET),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", SPREADSHEET),
        (b"%PDF-", PDF),
        (b"ARROW1", ARROW),
        (b"{\\rtf", DOCUMENT),
        (b"SQLite format 3", DATABASE),
        (b"7z\xbc\xaf\x27\x1c", ARCHIVE),
        (b"Rar!", ARCHIVE),
        (b"\x93NUMPY", PICKLE),
        (b"version https://git-lfs.github.com/spec/", POINTER),
    ];
    known.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, what)| *what)
}
