using System;
using System.Buffers.Binary;
using System.Globalization;
using System.IO;
using ComputeVoucher.Execution;

namespace ComputeVoucher.Cli;

/// <summary>
/// Writes the tensors of one run: each operator's first output as <c>opNNN.bin</c>, and the whole
/// trace as one file (see <see cref="TraceFile"/> for the layout).
/// </summary>
internal sealed class TraceDump : IDisposable
{
    private readonly string? _folder;
    private readonly FileStream? _trace;
    private int _lastOperator = -1;
    private uint _tensors;

    public TraceDump(string? traceFile, string? folder)
    {
        _folder = folder;
        if (folder is not null)
        {
            Directory.CreateDirectory(folder);
        }

        if (traceFile is not null)
        {
            _trace = new FileStream(traceFile, FileMode.Create, FileAccess.ReadWrite);
            _trace.Write(new byte[TraceFile.HeaderBytes]);
        }
    }

    /// <summary>
    /// Null when there is nothing to write, so that the run keeps no tensor alive.
    /// </summary>
    public TensorCallback? Callback => _folder is null && _trace is null ? null : Write;

    /// <summary>
    /// Fills in the header, which needs the number of tensors and the trace root.
    /// </summary>
    public void Finish(RunResult result)
    {
        if (_trace is null)
        {
            return;
        }

        Span<byte> header = stackalloc byte[TraceFile.HeaderBytes];
        TraceFile.Magic.CopyTo(header);
        BinaryPrimitives.WriteUInt32LittleEndian(header[TraceFile.CountOffset..], _tensors);
        result.TraceRoot.CopyTo(header[TraceFile.RootOffset..]);
        _trace.Position = 0;
        _trace.Write(header);
    }

    public void Dispose() => _trace?.Dispose();

    private void Write(in TracedTensor tensor)
    {
        if (_trace is not null)
        {
            TraceFile.WriteTensor(_trace, tensor);
            _tensors++;
        }

        // An operator may have several outputs; the file name has room for the first.
        if (_folder is not null && tensor.OperatorIndex > _lastOperator)
        {
            _lastOperator = tensor.OperatorIndex;
            string name = string.Create(
                CultureInfo.InvariantCulture, $"op{tensor.OperatorIndex:D3}.bin");
            using FileStream file = new(
                Path.Combine(_folder, name), FileMode.Create, FileAccess.Write);
            file.Write(tensor.Data);
        }
    }
}
