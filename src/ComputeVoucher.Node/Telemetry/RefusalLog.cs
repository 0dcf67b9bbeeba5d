using System;
using System.Collections.Generic;
using System.Threading;
using ComputeVoucher.Primitives;
using Microsoft.Extensions.Logging;

namespace ComputeVoucher.Node;

/// <summary>
/// Refusals as an operator sees them: the first of each reason at once, the next ones counted into
/// one line every <see cref="s_every"/>, since anybody may cause as many as they like. Each single
/// one is logged at level Debug, and counted in the metrics.
/// </summary>
internal sealed class RefusalLog(ILogger log, TimeProvider time)
{
    /// <summary>With some 40 reasons, at most about 8 lines a second, whoever asks.</summary>
    private static readonly TimeSpan s_every = TimeSpan.FromSeconds(5);

    private readonly Lock _gate = new();

    /// <summary>By event and number of the reason: as many as there are reasons.</summary>
    private readonly Dictionary<int, Said> _said = [];

    public void Order(ushort number, string reason, Bytes32 channel, ulong seq)
    {
        (LogLevel level, long unsaid) = Count(LogEvents.OrderRefused, number);
        if (log.IsEnabled(level))
        {
            log.OrderRefused(level, number, reason, channel, seq, unsaid);
        }
    }

    public void Request(ushort number, string reason)
    {
        (LogLevel level, long unsaid) = Count(LogEvents.RequestRefused, number);
        if (log.IsEnabled(level))
        {
            log.RequestRefused(level, number, reason, unsaid);
        }
    }

    private (LogLevel Level, long Unsaid) Count(int id, ushort number)
    {
        long now = time.GetTimestamp();
        int key = (id << 16) | number;
        lock (_gate)
        {
            if (!_said.TryGetValue(key, out Said? said))
            {
                _said[key] = new Said { At = now };
                return (LogLevel.Information, 0);
            }

            if (time.GetElapsedTime(said.At, now) < s_every)
            {
                said.Unsaid++;
                return (LogLevel.Debug, 0);
            }

            long unsaid = said.Unsaid;
            (said.At, said.Unsaid) = (now, 0);
            return (LogLevel.Information, unsaid);
        }
    }

    private sealed class Said
    {
        /// <summary>Timestamp of the last line.</summary>
        public long At { get; set; }

        /// <summary>Refusals since.</summary>
        public long Unsaid { get; set; }
    }
}
