import unittest

import pytest


class TestClass:
    def test_method(self):
        pass

    class TestInner:
        @pytest.mark.parametrize('n', [1, 2])
        def test_deep(self, n):
            assert n == 1


class Case(unittest.TestCase):
    def test_case(self):
        for i in range(3):
            with self.subTest(i=i):
                self.assertNotEqual(i, 1)

    @unittest.skip('unittest says so')
    def test_skipped(self):
        pass

    @unittest.expectedFailure
    def test_expected(self):
        self.fail('as expected')
