# The Python side of an engine's Arrow stream (handle/stream.pxi).
# Included by _core.pyx after bridge_sets.pxi.

cdef class ArrowStream:
    """The Arrow stream of any object with `__arrow_c_stream__`, for a result and for those who need its connection.

    The core drains it without the GIL (`__arrow_c_stream__`, once). Meanwhile `keep_rest` may come from another thread:
    the rows that are left are read into memory and the engine is free; the core gets them as before. All methods may be
    called from any thread and wait without the GIL.
    """

    cdef EngineStream* s

    def __cinit__(self, source, uuid_columns=()):
        """`uuid_columns`: the columns (from 0) whose text is to be read as UUID."""
        cdef ArrowArrayStream* stream
        cdef bytearray marked
        capsule = source.__arrow_c_stream__()
        stream = <ArrowArrayStream*>PyCapsule_GetPointer(capsule, b"arrow_array_stream")
        self.s = engine_stream_new(stream)
        if self.s is NULL:
            raise MemoryError
        if self.s.stream.get_schema(&self.s.stream, &self.s.schema) != 0:
            text = self.s.stream.get_last_error(&self.s.stream)
            raise RuntimeError((<bytes>text).decode("utf-8", "replace") if text is not NULL else "a stream without schema")
        if uuid_columns:
            marked = bytearray(self.s.schema.n_children)
            for i in uuid_columns:
                marked[i] = 1
            if not mark_uuids(&self.s.schema, <const uint8_t*>PyByteArray_AsString(marked)):
                raise MemoryError

    def __dealloc__(self):
        cdef EngineStream* s = self.s
        self.s = NULL
        if s is not NULL:
            with nogil:
                engine_stream_drop(s)

    def read(self):
        """Read the first rows into memory."""
        with nogil:
            engine_stream_keep_rest(self.s, False)

    def keep_rest(self):
        """Read all that is left into memory. The engine is free then, also after an error (`failure`)."""
        with nogil:
            engine_stream_keep_rest(self.s, True)

    def stop(self):
        """Nothing more is read once what is being read has come; the core gets what is there, then an error."""
        with nogil:
            engine_stream_stop(self.s)

    def close(self):
        """Wait for what is being read, then free the engine. Idempotent."""
        with nogil:
            engine_stream_close(self.s)

    def while_reading(self, call):
        """Call `call` if rows are being read from the engine, which go on being read until it returns; whether so."""
        with nogil:
            argus_lock(&self.s.state)
        try:
            reading = self.reading
            if reading:
                call()
            return reading
        finally:
            argus_unlock(&self.s.state)

    def while_idle(self, call):
        """What `call` answers; it is called when nothing is read from the engine, nor is meanwhile."""
        with nogil:
            argus_inside_begin()
            argus_lock(&self.s.turn)
        try:
            return call()
        finally:
            argus_unlock(&self.s.turn)
            argus_inside_end()

    @property
    def reading(self):
        """Whether rows are being read from the engine just now; a forked child has nobody who does."""
        return argus_load(&self.s.reading) != 0 and self.s.generation == argus_generation

    @property
    def ended(self):
        """Whether the engine is free."""
        return argus_load(&self.s.ended) != 0

    @property
    def failure(self):
        """The error by which the engine ended the stream, None where it did not; final once it has `ended`."""
        if not argus_load(&self.s.ended) or not self.s.failed or self.s.error is NULL:
            return None
        return (<bytes>self.s.error).decode("utf-8", "replace")

    def __arrow_c_stream__(self, requested_schema=None):
        cdef ArrowArrayStream* out = <ArrowArrayStream*>calloc(1, sizeof(ArrowArrayStream))
        if out is NULL:
            raise MemoryError
        engine_stream_export(self.s, out)
        try:
            return PyCapsule_New(out, b"arrow_array_stream", drop_stream_capsule)
        except BaseException:
            out.release(out)
            free(out)
            raise
