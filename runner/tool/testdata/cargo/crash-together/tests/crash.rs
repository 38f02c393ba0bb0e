use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

static HERE: AtomicU32 = AtomicU32::new(0);

fn meet() {
    HERE.fetch_add(1, Ordering::SeqCst);
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(1500) {
        if HERE.load(Ordering::SeqCst) == 2 {
            std::process::abort();
        }
    }
}

#[test]
fn left() {
    meet();
}

#[test]
fn right() {
    meet();
}

#[test]
fn third() {
    
}

