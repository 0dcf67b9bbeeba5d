using System;
using System.CommandLine;
using System.Globalization;
using System.Net;
using ComputeVoucher.Client;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Cli;

/// <summary>Options of every command that talks to a node.</summary>
internal static class ClientOptions
{
    /// <summary>How long a client waits for a node that restarts.</summary>
    public static readonly TimeSpan PatienceDefault = TimeSpan.FromSeconds(10);

    public static Option<string> Channel { get; } = Opt.Needed<string>(
        "--channel", "Channel file, from `channel open`", "FILE");

    public static Option<string> SpendKey { get; } = Opt.Needed<string>(
        "--spend-key", "Key file that signs orders and acks", "FILE");

    public static Option<string> At { get; } = Opt.Or<string>(
        "--at", "Where the node listens", "HOST:PORT", "127.0.0.1:9600");

    public static Option<string> State { get; } = Opt.Needed<string>(
        "--state", "The client's memory: sequences, receipts, newest ack; one file may serve "
            + "several channels", "FILE");

    /// <summary>How this process talks to a node.</summary>
    public static NodeConnectionOptions Connection(ParseResult parsed, in ChannelTerms channel,
        VoucherDomain domain, PrivateKey spendKey, TimeSpan patience) =>
        Connection(EndPoint(parsed.GetRequiredValue(At)), channel, domain, spendKey, patience);

    /// <summary>The same, with the node's address at hand.</summary>
    public static NodeConnectionOptions Connection(EndPoint node, in ChannelTerms channel,
        VoucherDomain domain, PrivateKey spendKey, TimeSpan patience) => new()
    {
        EndPoint = node,
        Channel = channel,
        Domain = domain,
        SpendKey = spendKey,
        Patience = patience,
        Time = TimeProvider.System,
        FillRandom = Libc.FillRandom,
        OnWait = notice => ErrorFunnel.Note(string.Create(CultureInfo.InvariantCulture,
            $"waiting: {notice.For}; {Math.Ceiling(notice.Left.TotalSeconds):0} s left")),
    };

    /// <summary>Where a node listens.</summary>
    public static EndPoint EndPoint(string text)
    {
        int colon = text.LastIndexOf(':');
        if (colon > 0 && ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None,
            CultureInfo.InvariantCulture, out ushort port) && port > 0)
        {
            string host = text[..colon].Trim('[', ']');
            return IPAddress.TryParse(host, out IPAddress? address)
                ? new IPEndPoint(address, port)
                : new DnsEndPoint(host, port);
        }

        throw new UsageException($"--at {text}: HOST:PORT is wanted, as 127.0.0.1:9600");
    }
}
