using System;
using System.IO;
using System.Text;
using System.Threading;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Storage;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>Orders with their receipts, a JSON object a line, behind those that are there: a
/// receipt is what an answer was paid with.</summary>
internal sealed class ReceiptWriter : IDisposable
{
    private readonly Lock _lock = new();
    private readonly FileStream? _file;

    public ReceiptWriter(string? path) => _file = path is null ? null : Append(path);

    public void Write(OrderOutcome outcome)
    {
        if (_file is null || outcome.Refusal is not null)
        {
            return;
        }

        string line = new Report()
            .Add("index", outcome.Index)
            .Add("seq", outcome.Order.Order.Seq)
            .Add("orderHash", outcome.Order.Order.HashStruct().ToString())
            .Add("order", Hex.Encode(outcome.Order.Signed.Span))
            .Add("receipt", Hex.Encode(SignedPayload.Encode(
                outcome.Receipt, outcome.ReceiptSignature)))
            .Add("units", outcome.Receipt.Units)
            .Add("steps", outcome.Receipt.Steps)
            .Add("outputRoot", outcome.Receipt.OutputRoot.ToString())
            .Add("traceRoot", outcome.Receipt.TraceRoot.ToString())
            .Add("output", Hex.Encode(outcome.Output))
            .ToJson();
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
