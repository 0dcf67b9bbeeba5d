using System;
using System.IO;
using System.Text.Json;
using ComputeVoucher.Execution;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>Checks receipts without trusting whoever wrote them down.</summary>
internal sealed class ReceiptVerifier
{
    /// <summary>One line of a receipts file: an output of 64 MiB in hex is beyond use.</summary>
    private const int LineCharsMax = 64 << 20;

    private readonly ChannelTerms _channel;
    private readonly Bytes32 _separator;
    private readonly InputFile? _inputs;
    private readonly IModelSession? _session;
    private int _lines;
    private int _executed;
    private UInt128 _units;

    /// <param name="channel">The terms, which name the keys.</param>
    /// <param name="separator">EIP-712 domain separator of Vouchers.</param>
    /// <param name="inputs">With it every order is executed again.</param>
    /// <param name="session">Runs them.</param>
    public ReceiptVerifier(in ChannelTerms channel, in Bytes32 separator, InputFile? inputs,
        IModelSession? session) =>
        (_channel, _separator, _inputs, _session) = (channel, separator, inputs, session);

    /// <exception cref="CommandException">The first thing that is wrong.</exception>
    public void CheckFile(string path)
    {
        using StreamReader reader = new(path);
        BoundedLines lines = new(reader, LineCharsMax);
        while (lines.TryRead(path, out string? line))
        {
            Check(path, line);
        }

        if (_lines == 0)
        {
            throw new CommandException($"{path}: no receipt in it (is this the right file?)");
        }
    }

    public Report Report() => new Report()
        .Add("valid", true)
        .Add("receipts", _lines)
        .Add("executedAgain", _executed)
        .Add("units", _units);

    private void Check(string path, string line)
    {
        _lines++;
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            Check(document.RootElement);
        }
        catch (Exception failure) when (failure is JsonException or FormatException
            or System.Collections.Generic.KeyNotFoundException or InvalidOperationException)
        {
            string why = failure is System.Collections.Generic.KeyNotFoundException
                ? "order, receipt and index are wanted"
                : failure.Message;
            throw new CommandException($"{path}:{_lines}: not a receipt line: {why}", failure);
        }
        catch (CommandException failure)
        {
            throw new CommandException($"{path}:{_lines}: {failure.Message}", failure);
        }
    }

    private void Check(JsonElement line)
    {
        byte[] orderBytes = Hex.Decode(line.GetProperty("order").GetString());
        byte[] receiptBytes = Hex.Decode(line.GetProperty("receipt").GetString());
        Require(ReceiptCheck.Decode(
            orderBytes, receiptBytes, _channel, _separator, out Order order, out Receipt receipt,
            out _));
        _units += receipt.Units;
        int index = line.GetProperty("index").GetInt32();
        if (_inputs is not null && index >= 0)
        {
            Execute(order, receipt, _inputs[index % _inputs.Count].Span);
        }
    }

    /// <summary>The strongest check there is: the same function once more.</summary>
    private void Execute(in Order order, in Receipt receipt, ReadOnlySpan<byte> input)
    {
        RunResult result = _session!.Run(input, new RunOptions
        {
            Trace = (order.Flags & OrderFlags.TraceRootWanted) != 0,
            StepsMax = receipt.Steps,
        });
        Require(ReceiptCheck.CheckFields(order, receipt, new KnownWork
        {
            InputRoot = result.InputRoot,
            OutputRoot = result.OutputRoot,
            TraceRoot = result.TraceRoot,
            Units = result.Units,
        }));
        _executed++;
    }

    private static void Require(RefusalReason refusal)
    {
        if (refusal != RefusalReason.None)
        {
            throw new CommandException(Refusals.Describe(refusal));
        }
    }
}
