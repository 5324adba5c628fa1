// Evaluates AWS calls against policies: simulations as JSON on standard input, what came of each on standard output.
import { readFileSync } from 'node:fs'
import { runSimulation } from '@cloud-copilot/iam-simulate'

const ORGANISATION = { serviceControlPolicies: [], resourceControlPolicies: [] }

async function decide(simulation) {
  const made = await runSimulation({ ...simulation, ...ORGANISATION }, {})
  const called = `${simulation.request.action} on ${simulation.request.resource.resource}`
  if (made.resultType === 'error') throw new Error(`${called}: ${JSON.stringify(made.errors)}`)
  const results = made.resultType === 'single' ? [made.result] : made.results
  // A context key that the call does not have would otherwise be left out without a word.
  const ignored = results.flatMap((one) => one.ignoredContextKeys ?? [])
  if (ignored.length) throw new Error(`${called}: no such context: ${ignored}`)
  return {
    decision: made.overallResult,
    // Where no statement names anything of the kind, the evaluator has looked at none.
    role: results[0]?.analysis.identityAnalysis?.result ?? made.overallResult,
    session: results[0]?.analysis.sessionAnalysis?.result,
  }
}

const simulations = JSON.parse(readFileSync(0, 'utf8'))
console.log(JSON.stringify(await Promise.all(simulations.map(decide))))
