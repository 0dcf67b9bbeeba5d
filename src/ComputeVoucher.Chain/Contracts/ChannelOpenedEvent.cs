using System;
using ComputeVoucher.Primitives;
using ComputeVoucher.Vouchers;

namespace ComputeVoucher.Chain;

/// <summary>A channel was opened, or opened again, which adds to it. The id is the hash of the
/// terms, which is checked.</summary>
/// <param name="Units">Locked since then, in all.</param>
public sealed record ChannelOpenedEvent(Bytes32 Channel, ChannelTerms Terms, UInt128 Units)
{
    /// <summary>First topic of the log.</summary>
    public static Bytes32 Topic => VouchersAbi.ChannelOpened.Topic;

    /// <summary>False for another event, or one whose id is not the hash of its terms.</summary>
    public static bool TryRead(LogEntry log, out ChannelOpenedEvent opened)
    {
        ArgumentNullException.ThrowIfNull(log);
        opened = null!;
        if (log.Topics.Length != 4 || log.Topics[0] != Topic)
        {
            return false;
        }

        try
        {
            AbiReader data = new(log.Data);
            ChannelTerms terms = new(
                AddressOf(log.Topics[2]),
                AddressOf(log.Topics[3]),
                data.ReadAddress(),
                data.ReadBytes32(),
                data.ReadBytes32());
            opened = new ChannelOpenedEvent(log.Topics[1], terms, data.ReadUInt128());
            return data.IsAtEnd && terms.HashStruct() == opened.Channel;
        }
        catch (FormatException)
        {
            return false;
        }
    }

    private static Address AddressOf(Bytes32 topic) => new AbiReader(topic.Span).ReadAddress();
}
