#[cfg(test)]
mod tests {
    mod inner {
        #[test]
        fn a() {}

        #[test]
        fn b() {}
    }

    #[test]
    fn inner_not() {
        panic!();
    }
}
