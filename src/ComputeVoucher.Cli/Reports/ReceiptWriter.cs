using System;
using System.IO;
using System.Text;
using System.Threading;
using ComputeVoucher.Client;
using ComputeVoucher.Execution;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>Orders with their receipts, a JSON object a line, behind those that are there: a
/// receipt is what an answer was paid with.</summary>
internal sealed class ReceiptWriter : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream? _file;
    private readonly IModel _model;

    /// <param name="path">Null: nothing is kept.</param>
    /// <param name="model">What is ordered.</param>
    public ReceiptWriter(string? path, IModel model) =>
        (_file, _model) = (path is null ? null : Append(path), model);

    public void Write(OrderOutcome outcome)
    {
        if (_file is null || outcome.Refusal is not null)
        {
            return;
        }

        string line = ReceiptLine.Write(_model, outcome.Order.Signed.Span,
            SignedPayload.Encode(outcome.Receipt, outcome.ReceiptSignature), outcome.Output!,
            outcome.Order.Input);
        lock (_lock)
        {
            _file.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
    }

    public void Dispose() => _file?.Dispose();

    private static FileStream Append(string path)
    {
        if (!Posix.CreatePrivate(path) && Posix.Status(path) is { IsRegular: true }
            && Posix.Narrow(path))
        {
            ErrorFunnel.Print($"{path}: others could read these receipts and the answers in them; "
                + "now only the owner can (mode 600)");
        }

        FileStream file = new(path, FileMode.Open, FileAccess.ReadWrite);
        if (file.Length > 0)
        {
            // A run that was killed may have left half a line; the next one is whole.
            file.Seek(-1, SeekOrigin.End);
            if (file.ReadByte() != '\n')
            {
                file.WriteByte((byte)'\n');
            }
        }

        return file;
    }
}
