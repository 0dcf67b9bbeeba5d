using System;
using System.Threading;
using System.Threading.Tasks;

namespace ComputeVoucher.Primitives;

/// <summary>
/// Where the loops of a node run: each on a thread of its own or, in a simulation, by turns on one.
/// </summary>
public abstract class Scheduling
{
    /// <summary>A thread for each loop.</summary>
    public static Scheduling Threads { get; } = new ThreadPerLoop();

    /// <summary>What is handed out of a task that a loop completes on its way: whoever waits must
    /// not run inside that turn.</summary>
    public virtual Task Promise(Task done) => done;

    /// <summary>Starts a loop.</summary>
    /// <param name="name">For whoever looks at the process.</param>
    /// <param name="turn">Does one piece of work. True is passed where it may wait for one; it
    /// gives false where there was none: after waiting, because the loop is over.</param>
    /// <returns>Waits for the end of the loop.</returns>
    public abstract Action Start(string name, Func<bool, bool> turn);

    private sealed class ThreadPerLoop : Scheduling
    {
        public override Action Start(string name, Func<bool, bool> turn)
        {
            Thread thread = new(() =>
            {
                while (turn(true))
                {
                }
            }) { Name = name, IsBackground = true };
            thread.Start();
            return thread.Join;
        }
    }
}
