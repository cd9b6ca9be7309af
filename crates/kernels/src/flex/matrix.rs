//! Matrices of float32 inside slices, seen through strides.

/// A matrix to read: element `(i, j)` is `data[i * row_stride + j * column_stride]`.
#[derive(Clone, Copy)]
pub(crate) struct Matrix<'a> {
    pub(super) data: &'a [f32],
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
    pub(super) column_stride: usize,
}

impl<'a> Matrix<'a> {
    /// `rows` rows of `columns` elements, one after the other.
    pub(crate) fn new(data: &'a [f32], rows: usize, columns: usize) -> Self {
        Self::strided(data, rows, columns, columns)
    }

    /// Rows that begin every `row_stride` elements.
    pub(crate) fn strided(data: &'a [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(
            end(rows, columns, row_stride, 1) <= data.len(),
            "{rows} rows of {columns}, {row_stride} apart, do not fit {} elements",
            data.len()
        );
        Self { data, rows, columns, row_stride, column_stride: 1 }
    }

    /// The transpose.
    pub(crate) fn t(self) -> Self {
        Self {
            data: self.data,
            rows: self.columns,
            columns: self.rows,
            row_stride: self.column_stride,
            column_stride: self.row_stride,
        }
    }

    pub(super) fn some_rows(self, from: usize, rows: usize) -> Self {
        self.part(from, 0, rows, self.columns)
    }

    /// The part of `rows` × `columns` elements from row `i` and column `j`.
    pub(crate) fn part(self, i: usize, j: usize, rows: usize, columns: usize) -> Self {
        assert!(i + rows <= self.rows && j + columns <= self.columns);
        let from = i * self.row_stride + j * self.column_stride;
        Self { data: &self.data[from.min(self.data.len())..], rows, columns, ..self }
    }

    /// The elements from the first of row `i` on.
    pub(crate) fn starting_at_row(self, i: usize) -> &'a [f32] {
        assert!(i < self.rows);
        &self.data[i * self.row_stride..]
    }

    /// The first element, and the distance from one row to the next; from one column to the next where those are by columns.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn start_and_stride(self) -> (*const f32, usize) {
        (self.data.as_ptr(), self.row_stride.max(self.column_stride))
    }

    /// Whether the elements of a row lie side by side; else those of a column do.
    #[cfg(target_arch = "x86_64")]
    pub(crate) fn is_by_rows(self) -> bool {
        self.column_stride == 1
    }
}

/// A row-major matrix to write.
pub(crate) struct MatrixMut<'a> {
    pub(super) start: *mut f32,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) row_stride: usize,
    pub(super) borrow: std::marker::PhantomData<&'a mut [f32]>,
}

// SAFETY: it is an exclusive borrow of floats, which may move to another thread.
unsafe impl Send for MatrixMut<'_> {}
// SAFETY: shared, it gives out parts only through the unsafe `part`, whose contract keeps them apart.
unsafe impl Sync for MatrixMut<'_> {}

impl<'a> MatrixMut<'a> {
    /// `rows` rows of `columns` elements, one after the other.
    pub(crate) fn new(data: &'a mut [f32], rows: usize, columns: usize) -> Self {
        Self::strided(data, rows, columns, columns)
    }

    /// Rows that begin every `row_stride` elements.
    pub(crate) fn strided(data: &'a mut [f32], rows: usize, columns: usize, row_stride: usize) -> Self {
        assert!(row_stride >= columns && end(rows, columns, row_stride, 1) <= data.len());
        // SAFETY: the assertion keeps every element inside `data`, borrowed for as long as `self`.
        unsafe { Self::from_raw(data.as_mut_ptr(), rows, columns, row_stride) }
    }

    /// Rows that begin every `row_stride` elements from `start`.
    ///
    /// # Safety
    /// For `'a`, the elements at `i * row_stride + j` from `start` (`i < rows`, `j < columns`) must be
    /// valid, and nobody else may read or write them.
    pub(crate) unsafe fn from_raw(start: *mut f32, rows: usize, columns: usize, row_stride: usize) -> Self {
        Self { start, rows, columns, row_stride, borrow: std::marker::PhantomData }
    }

    /// Row `i`.
    pub(crate) fn row(&mut self, i: usize) -> &mut [f32] {
        assert!(i < self.rows);
        // SAFETY: inside `self`, which is exclusively ours.
        unsafe { std::slice::from_raw_parts_mut(self.start.add(i * self.row_stride), self.columns) }
    }

    /// The part of `rows` × `columns` elements from row `i` and column `j`.
    ///
    /// # Safety
    /// Parts that are alive together must not overlap.
    pub(crate) unsafe fn part(&self, i: usize, j: usize, rows: usize, columns: usize) -> MatrixMut<'_> {
        assert!(i + rows <= self.rows && j + columns <= self.columns);
        // SAFETY: inside `self` by the assertion, disjoint from other parts by the contract.
        unsafe { Self::from_raw(self.start.add(i * self.row_stride + j), rows, columns, self.row_stride) }
    }
}

/// One past the last element of a strided matrix.
fn end(rows: usize, columns: usize, row_stride: usize, column_stride: usize) -> usize {
    if rows == 0 || columns == 0 {
        return 0;
    }
    (rows - 1) * row_stride + (columns - 1) * column_stride + 1
}
